#include "transport/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace sallyport::transport {
namespace {

namespace v1alpha = ::grpc::reflection::v1alpha;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using Request = v1alpha::ServerReflectionRequest;
using Response = v1alpha::ServerReflectionResponse;

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

// The services of the router, and the files that they need.
class Described {
 public:
  explicit Described(const Router& router) {
    for (const Method* method : router.methods()) {
      const std::string service = method->name.substr(0, method->name.find('/'));
      if (!services_.insert(service).second) continue;
      const auto* descriptor = Pool().FindServiceByName(service);
      if (descriptor != nullptr) AddFile(*descriptor->file());
    }
  }

  void List(v1alpha::ListServiceResponse* out) const {
    for (const std::string& service : services_) out->add_service()->set_name(service);
  }
  // Files that none of the services needs do not exist.
  bool Has(const FileDescriptor* file) const { return file != nullptr && files_.count(file) > 0; }

 private:
  void AddFile(const FileDescriptor& file) {
    if (!files_.insert(&file).second) return;
    for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i));
  }

  std::set<std::string> services_;
  std::set<const FileDescriptor*> files_;
};

void SetError(absl::StatusCode code, absl::string_view message, Response* out) {
  out->mutable_error_response()->set_error_code(static_cast<int32_t>(code));
  out->mutable_error_response()->set_error_message(std::string(message));
}

void AddWithImports(const FileDescriptor& file, std::set<const FileDescriptor*>* seen,
                    v1alpha::FileDescriptorResponse* out) {
  if (!seen->insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  out->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddWithImports(*file.dependency(i), seen, out);
}

void SetFile(const Described& described, const FileDescriptor* file, const std::string& asked, Response* out) {
  if (!described.Has(file)) {
    return SetError(absl::StatusCode::kNotFound, absl::StrCat("no \"", asked, "\" here"), out);
  }
  std::set<const FileDescriptor*> seen;
  AddWithImports(*file, &seen, out->mutable_file_descriptor_response());
}

Response Answer(const Described& described, const Request& request) {
  Response out;
  out.set_valid_host(request.host());
  *out.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kListServices:
      described.List(out.mutable_list_services_response());
      break;
    case Request::kFileByFilename:
      SetFile(described, Pool().FindFileByName(request.file_by_filename()), request.file_by_filename(), &out);
      break;
    case Request::kFileContainingSymbol:
      SetFile(described, Pool().FindFileContainingSymbol(request.file_containing_symbol()),
              request.file_containing_symbol(), &out);
      break;
    case Request::kFileContainingExtension:
    case Request::kAllExtensionNumbersOfType:
      SetError(absl::StatusCode::kNotFound, "this API has no extensions", &out);
      break;
    case Request::MESSAGE_REQUEST_NOT_SET:
      SetError(absl::StatusCode::kInvalidArgument, "message_request: nothing is asked", &out);
      break;
  }
  return out;
}

class ReflectionHandler final : public BidiHandler {
 public:
  ReflectionHandler(const Router& router, std::shared_ptr<BidiResponder> responder)
      : described_(router), responder_(std::move(responder)) {}

  void OnMessage(absl::string_view bytes) override {
    Request request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return responder_->Finish(absl::InvalidArgumentError("the request is not a ServerReflectionRequest"));
    }
    responder_->Write(Answer(described_, request).SerializeAsString());
  }
  void OnHalfClose() override { responder_->Finish(absl::OkStatus()); }
  void OnCancelled() override {}

 private:
  const Described described_;
  const std::shared_ptr<BidiResponder> responder_;
};

}  // namespace

void AddReflection(Router& router) {
  router.Bidi<Request, Response>("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                 [&router](Caller, std::shared_ptr<BidiResponder> responder) {
                                   return std::make_unique<ReflectionHandler>(router, std::move(responder));
                                 });
}

}  // namespace sallyport::transport
