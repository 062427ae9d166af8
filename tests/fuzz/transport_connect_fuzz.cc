// What clients send by HTTPS: queries, envelopes, and messages in JSON and in protobuf's format.
#include <cstddef>
#include <cstdint>
#include <string>

#include "check.h"
#include "sallyport/access/v1/access.pb.h"
#include "sallyport/directory/v1/directory.pb.h"
#include "sallyport/policy/v1/policy.pb.h"
#include "transport/connect.h"
#include "transport/json.h"
#include "transport/parse.h"

namespace {

namespace transport = sallyport::transport;

void Message(const google::protobuf::Message& prototype, const std::string& text) {
  const auto from_json = transport::ParseJsonRequest(prototype, text);
  if (from_json.ok()) {
    Check(transport::CheckJson(text).ok(), "a message of what is no JSON", text);
    const std::string bytes = (*from_json)->SerializeAsString();
    const auto json = transport::JsonOf(prototype, bytes);
    Check(json.ok(), "a message has no JSON", text);
    const auto again = transport::ParseJsonRequest(prototype, *json);
    Check(again.ok() && (*again)->SerializeAsString().size() == bytes.size(), "JSON is no identity", *json);
  }
  const auto from_bytes = transport::ParseRequest(prototype, text);
  if (from_bytes.ok()) {
    Check(transport::FindInvalidText(*prototype.GetDescriptor(), text).empty(), "text that is no UTF-8 passes", text);
  } else {
    Check(!transport::ExplainParseError(*prototype.GetDescriptor(), text).ok(), "an error is none", text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  transport::SilenceProtobuf();
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)transport::connect::ParseContentType(text);
  (void)transport::connect::ParseTimeout(text);
  (void)transport::connect::AcceptsGzip(text);
  (void)transport::connect::ParseQuery(text);
  for (const bool gzip : {false, true}) {
    const auto message = transport::connect::ParseSingleEnvelope(text, gzip, 1 << 20);
    Check(!message.ok() || message->size() <= 1 << 20, "an envelope holds more than it may", text);
  }
  Message(sallyport::access::v1::AuthorizeRequest::default_instance(), text);
  Message(sallyport::directory::v1::CreatePersonRequest::default_instance(), text);
  Message(sallyport::policy::v1::ProposePolicySetRequest::default_instance(), text);
  return 0;
}
