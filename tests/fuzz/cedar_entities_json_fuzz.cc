// Entities and contexts in JSON, with and without a schema: what is read is written as what reads the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cedar/entity_json.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Entities(text, nullptr);
  Entities(text, &fuzz::TheSchema());
  (void)cedar::ParseContextJson(text);
  (void)cedar::ParseContextJson(text, &fuzz::TheSchema(), cedar::EntityUid("Action", "x"));
  return 0;
}
