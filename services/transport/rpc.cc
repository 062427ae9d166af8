#include "transport/rpc.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace sallyport::transport {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

absl::Status Unimplemented(const std::string& name) {
  return absl::UnimplementedError(absl::StrCat(name, " is not implemented by this version"));
}

// Ends a stream as soon as it begins.
class UnimplementedBidi final : public BidiHandler {
 public:
  UnimplementedBidi(const std::string& name, BidiResponder& responder) { responder.Finish(Unimplemented(name)); }
  void OnMessage(absl::string_view) override {}
  void OnHalfClose() override {}
  void OnCancelled() override {}
};

Method MakeUnimplemented(const MethodDescriptor& descriptor) {
  Method method;
  method.name = absl::StrCat(descriptor.service()->full_name(), "/", descriptor.name());
  method.request = MessageFactory::generated_factory()->GetPrototype(descriptor.input_type());
  method.response = MessageFactory::generated_factory()->GetPrototype(descriptor.output_type());
  const std::string name = method.name;
  if (descriptor.client_streaming()) {
    method.kind = Method::Kind::kBidi;
    method.bidi = [name](Caller, std::shared_ptr<BidiResponder> responder) {
      return std::make_unique<UnimplementedBidi>(name, *responder);
    };
  } else if (descriptor.server_streaming()) {
    method.kind = Method::Kind::kServerStream;
    method.stream = [name](std::unique_ptr<Message>, Caller, std::unique_ptr<StreamResponder> responder) {
      responder->Finish(Unimplemented(name));
    };
  } else {
    method.unary = [name](std::unique_ptr<Message>, Caller, std::unique_ptr<UnaryResponder> responder) {
      responder->Finish(Unimplemented(name));
    };
  }
  return method;
}

}  // namespace

std::string SerializeDeterministic(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  SP_CHECK(message.SerializeToCodedStream(&coded));
  coded.Trim();
  return bytes;
}

const Method* Router::Find(absl::string_view name) const {
  const auto found = methods_.find(name);
  return found == methods_.end() ? nullptr : found->second.get();
}

std::vector<const Method*> Router::methods() const {
  std::vector<const Method*> out;
  for (const auto& [name, method] : methods_) out.push_back(method.get());
  std::sort(out.begin(), out.end(), [](const Method* a, const Method* b) { return a->name < b->name; });
  return out;
}

void Router::AddUnimplemented(absl::string_view service) {
  const ServiceDescriptor* descriptor = DescriptorPool::generated_pool()->FindServiceByName(std::string(service));
  SP_CHECK(descriptor != nullptr);
  for (int i = 0; i < descriptor->method_count(); ++i) {
    Method method = MakeUnimplemented(*descriptor->method(i));
    if (Find(method.name) == nullptr) Add(std::move(method));
  }
}

void Router::Add(Method method) {
  auto owned = std::make_unique<Method>(std::move(method));
  const std::string name = owned->name;
  const bool added = methods_.emplace(name, std::move(owned)).second;
  SP_CHECK(added);
}

}  // namespace sallyport::transport
