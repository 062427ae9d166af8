// Policy text: whatever parses is printed, in text and in JSON, as what parses to the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cedar/policy_json.h"
#include "cedar/printer.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto policies = cedar::PolicySet::Parse(text);
  Check(cedar::FormatPolicies(text).ok() == policies.ok(), "the formatter disagrees on what parses", text);
  if (!policies.ok()) return 0;
  const std::string printed = cedar::PolicySetToText(*policies);
  const auto again = cedar::PolicySet::Parse(printed);
  Check(again.ok() && cedar::PolicySetToText(*again) == printed, "printing is no identity", printed);
  const std::string formatted = cedar::FormatPolicies(text).value();
  Check(cedar::FormatPolicies(formatted).value_or("") == formatted, "formatting twice changes more", formatted);
  const auto json = cedar::PolicySetToJson(*policies);
  if (!json.ok()) return 0;
  const auto from_json = cedar::ParsePolicySetJson(json->ToString());
  Check(from_json.ok() && cedar::PolicySetToText(*from_json) == printed, "JSON is no identity", json->ToString());
  return 0;
}
