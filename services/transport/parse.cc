#include "transport/parse.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/wire_format_lite.h>

#include "absl/strings/str_cat.h"
#include "audit/encoding.h"
#include "base/status.h"

namespace sallyport::transport {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kDepthMax = 100;  // as deep as protobuf itself parses

std::string Find(const Descriptor& type, absl::string_view bytes, int depth);

// In the value of one length-delimited field.
std::string FindIn(const FieldDescriptor& field, const std::string& value, int depth) {
  if (field.type() == FieldDescriptor::TYPE_STRING) {
    return audit::IsValidUtf8(value) ? std::string() : std::string(field.name());
  }
  if (field.type() != FieldDescriptor::TYPE_MESSAGE || depth == 0) return "";
  const std::string inner = Find(*field.message_type(), value, depth - 1);
  return inner.empty() ? "" : absl::StrCat(field.name(), ".", inner);
}

std::string Find(const Descriptor& type, absl::string_view bytes, int depth) {
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  while (const uint32_t tag = input.ReadTag()) {
    const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    if (field == nullptr || WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&input, tag)) return "";
      continue;
    }
    uint32_t size = 0;
    std::string value;
    if (!input.ReadVarint32(&size) || !input.ReadString(&value, static_cast<int>(size))) return "";
    if (const std::string found = FindIn(*field, value, depth); !found.empty()) return found;
  }
  return "";
}

}  // namespace

std::string FindInvalidText(const Descriptor& type, absl::string_view bytes) { return Find(type, bytes, kDepthMax); }

absl::Status ExplainParseError(const Descriptor& type, absl::string_view bytes) {
  const std::string field = FindInvalidText(type, bytes);
  if (!field.empty()) return FieldError(field, "is not valid UTF-8");
  return absl::InvalidArgumentError(absl::StrCat("the request is not a serialised ", type.full_name()));
}

absl::StatusOr<std::unique_ptr<Message>> ParseRequest(const Message& prototype, absl::string_view bytes) {
  std::unique_ptr<Message> message(prototype.New());
  if (message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return message;
  return ExplainParseError(*prototype.GetDescriptor(), bytes);
}

void SilenceProtobuf() { google::protobuf::SetLogHandler(nullptr); }

}  // namespace sallyport::transport
