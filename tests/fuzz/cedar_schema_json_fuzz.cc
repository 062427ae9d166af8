// Schemas in JSON: what is read is written, in JSON and, where it has one, in text, as what reads the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cedar/schema.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto schema = cedar::Schema::ParseJson(std::string(reinterpret_cast<const char*>(data), size));
  if (!schema.ok()) return 0;
  const std::string json = schema->ToJson();
  const auto again = cedar::Schema::ParseJson(json);
  Check(again.ok() && again->ToJson() == json, "JSON is no identity", json);
  const auto text = schema->ToText();
  if (!text.ok()) return 0;
  const auto from_text = cedar::Schema::Parse(*text);
  Check(from_text.ok(), "the text does not parse", *text);
  Check(from_text->ToText().value() == *text, "printing is no identity", *text);
  return 0;
}
