#include "audit/record_view.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "audit/encoding.h"
#include "audit/limits.h"
#include "audit/sealer.h"
#include "base/status.h"
#include "sallyport/record/v1/record.pb.h"

namespace sallyport::audit {
namespace {

namespace pb = ::sallyport::record::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

constexpr size_t kSaltBytes = std::tuple_size_v<Salt>;

void AppendMessage(const Message& message, std::string& out);

// As protobuf writes times: no fraction, or one of 3, 6 or 9 digits.
void AppendTimestamp(const Timestamp& time, std::string& out) {
  const int64_t nanos = time.nanos();
  const absl::Time whole = absl::FromUnixSeconds(time.seconds());
  out += absl::FormatTime("\"%E4Y-%m-%dT%H:%M:%S", whole, absl::UTCTimeZone());
  if (nanos > 0 && nanos < 1'000'000'000) {
    const int digits = nanos % 1'000'000 == 0 ? 3 : nanos % 1'000 == 0 ? 6 : 9;
    absl::StrAppend(&out, ".", absl::string_view(absl::StrCat(absl::Dec(nanos, absl::kZeroPad9))).substr(0, digits));
  }
  out += "Z\"";
}

void AppendEnum(const FieldDescriptor& field, int number, std::string& out) {
  const auto* value = field.enum_type()->FindValueByNumber(number);
  if (value == nullptr)
    absl::StrAppend(&out, number);
  else
    AppendJsonString(value->name(), out);
}

void AppendText(const FieldDescriptor& field, const std::string& text, std::string& out) {
  if (field.type() == FieldDescriptor::TYPE_BYTES)
    AppendJsonString(Base64Encode(text), out);
  else
    AppendJsonString(text, out);
}

void AppendRepeated(const Message& message, const Reflection& reflection, const FieldDescriptor& field,
                    std::string& out) {
  out.push_back('[');
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (i != 0) out.push_back(',');
    std::string scratch;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AppendMessage(reflection.GetRepeatedMessage(message, &field, i), out);
    } else {
      AppendText(field, reflection.GetRepeatedStringReference(message, &field, i, &scratch), out);
    }
  }
  out.push_back(']');
}

void AppendValue(const Message& message, const Reflection& reflection, const FieldDescriptor& field, std::string& out) {
  if (field.is_repeated()) return AppendRepeated(message, reflection, field, out);
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& value = reflection.GetMessage(message, &field);
      if (value.GetDescriptor() == Timestamp::descriptor())
        return AppendTimestamp(static_cast<const Timestamp&>(value), out);
      return AppendMessage(value, out);
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return AppendText(field, reflection.GetStringReference(message, &field, &scratch), out);
    case FieldDescriptor::CPPTYPE_ENUM:
      return AppendEnum(field, reflection.GetEnumValue(message, &field), out);
    case FieldDescriptor::CPPTYPE_BOOL:
      out += reflection.GetBool(message, &field) ? "true" : "false";
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
      absl::StrAppend(&out, reflection.GetUInt32(message, &field));
      return;
    default:
      SP_CHECK(false && "record.proto has a type that the view does not write");
  }
}

void AppendMessage(const Message& message, std::string& out) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);  // in the order of their numbers
  out.push_back('{');
  for (const FieldDescriptor* field : fields) {
    if (out.back() != '{') out.push_back(',');
    absl::StrAppend(&out, "\"", field->name(), "\":");
    AppendValue(message, reflection, *field, out);
  }
  out.push_back('}');
}

template <class Type>
std::string View(absl::string_view bytes) {
  google::protobuf::Arena arena;
  auto& message = *google::protobuf::Arena::CreateMessage<Type>(&arena);
  if (bytes.size() > kPersonalBytesMax || !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return "null";
  std::string out;
  out.reserve(2 * bytes.size() + 64);
  AppendMessage(message, out);
  return out;
}

}  // namespace

std::string RecordView(absl::string_view leaf) { return View<pb::Record>(leaf); }
std::string PersonalView(absl::string_view personal) { return View<pb::Personal>(personal); }

absl::StatusOr<std::string> RecordFromView(absl::string_view json) {
  pb::Record record;
  const auto status = google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &record);
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("not a record in JSON: ", std::string(status.message())));
  }
  return record.SerializeAsString();
}

absl::Status CheckPersonal(absl::string_view leaf, absl::string_view personal) {
  if (personal.size() < kSaltBytes || personal.size() > kSaltBytes + kPersonalBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("personal fields of ", personal.size(),
                                                   " bytes: expected a salt of 32 and at most ", kPersonalBytesMax));
  }
  google::protobuf::Arena arena;
  auto& record = *google::protobuf::Arena::CreateMessage<pb::Record>(&arena);
  if (!record.ParseFromArray(leaf.data(), static_cast<int>(leaf.size()))) {
    return absl::InvalidArgumentError("the leaf is not a record");
  }
  Salt salt;
  std::memcpy(salt.data(), personal.data(), kSaltBytes);
  if (HashBytes(Commitment(salt, personal.substr(kSaltBytes))) != absl::string_view(record.commitment())) {
    return absl::UnauthenticatedError("the personal fields are not those that the record commits to");
  }
  return absl::OkStatus();
}

bool HasPersonal(absl::string_view leaf) {
  google::protobuf::Arena arena;
  auto& record = *google::protobuf::Arena::CreateMessage<pb::Record>(&arena);
  return record.ParseFromArray(leaf.data(), static_cast<int>(leaf.size())) && !record.commitment().empty();
}

}  // namespace sallyport::audit
