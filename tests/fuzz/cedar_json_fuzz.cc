// The JSON forms; the first byte says of what.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cedar/entity_json.h"
#include "cedar/policy_json.h"
#include "cedar/printer.h"
#include "cedar/schema.h"
#include "check.h"
#include "world.h"

namespace {

void Entities(const std::string& text, const cedar::Schema* schema) {
  const auto entities = cedar::ParseEntitiesJson(text, schema);
  if (!entities.ok()) return;
  const std::string written = cedar::EntitiesToJson(*entities).ToString();
  const auto again = cedar::ParseEntitiesJson(written, schema);
  // Without a schema a record may look like a mark, which is then read as one.
  if (schema) Check(again.ok() && cedar::EntitiesToJson(*again).ToString() == written, "entities", written);
}

void Policies(const std::string& text) {
  const auto policies = cedar::ParsePolicySetJson(text);
  if (!policies.ok()) return;
  const std::string printed = cedar::PolicySetToText(*policies);
  const auto again = cedar::PolicySet::Parse(printed);
  Check(again.ok() && cedar::PolicySetToText(*again) == printed, "policies", printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 6) {
    case 0:
      Entities(text, nullptr);
      break;
    case 1:
      Entities(text, &fuzz::TheSchema());
      break;
    case 2:
      (void)cedar::ParseContextJson(text, &fuzz::TheSchema(), cedar::EntityUid("Action", "x"));
      break;
    case 3:
      Policies(text);
      break;
    case 4:
      (void)cedar::ParsePolicyJson(text);
      break;
    default: {
      const auto schema = cedar::Schema::ParseJson(text);
      if (!schema.ok()) break;
      const auto again = cedar::Schema::ParseJson(schema->ToJson());
      Check(again.ok() && again->ToJson() == schema->ToJson(), "schema", schema->ToJson());
    }
  }
  return 0;
}
