// Schema text: whatever parses is printed, in text and in JSON, as what parses to the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cedar/schema.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto schema = cedar::Schema::Parse(std::string(reinterpret_cast<const char*>(data), size));
  if (!schema.ok()) return 0;
  const std::string json = schema->ToJson();
  const auto text = schema->ToText();
  Check(text.ok(), "what came from text has no text", json);
  const auto from_text = cedar::Schema::Parse(*text);
  Check(from_text.ok() && from_text->ToJson() == json, "printing is no identity", *text);
  const auto from_json = cedar::Schema::ParseJson(json);
  Check(from_json.ok() && from_json->ToJson() == json, "JSON is no identity", json);
  return 0;
}
