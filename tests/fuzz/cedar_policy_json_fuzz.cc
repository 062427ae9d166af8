// Policies and policy sets in JSON: what is read is printed, in text and in JSON, as what reads the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cedar/policy_json.h"
#include "cedar/printer.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto policy = cedar::ParsePolicyJson(text);
  if (policy.ok()) {
    const std::string printed = cedar::PolicyToText(**policy);
    const auto again = cedar::ParsePolicy(printed);
    Check(again.ok() && cedar::PolicyToText(**again) == printed, "a policy's text is no identity", printed);
    const auto json = cedar::PolicyToJson(**policy);
    Check(json.ok(), "a policy that came from JSON has none", printed);
    const auto from_json = cedar::PolicyFromJson(*json);
    Check(from_json.ok() && cedar::PolicyToText(**from_json) == printed, "its JSON is no identity", json->ToString());
  }
  const auto policies = cedar::ParsePolicySetJson(text);
  if (!policies.ok()) return 0;
  const std::string printed = cedar::PolicySetToText(*policies);
  const auto again = cedar::PolicySet::Parse(printed);
  Check(again.ok() && cedar::PolicySetToText(*again) == printed, "a set's text is no identity", printed);
  const std::string json = cedar::PolicySetToJson(*policies).value().ToString();
  const auto from_json = cedar::ParsePolicySetJson(json);
  Check(from_json.ok() && cedar::PolicySetToJson(*from_json).value().ToString() == json, "its JSON is no identity",
        json);
  return 0;
}
