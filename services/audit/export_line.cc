#include "audit/export_line.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "audit/checkpoint.h"
#include "audit/encoding.h"
#include "audit/limits.h"
#include "audit/record_view.h"
#include "audit/sealer.h"
#include "audit/tile.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

using Json = nlohmann::json;

constexpr absl::string_view kManifestType = "sallyport.export.v1";
constexpr absl::string_view kEndType = "sallyport.export.end.v1";
constexpr size_t kSaltBytes = std::tuple_size_v<Salt>;
constexpr char kSpelling[] = "it is not spelled as an exporter spells it";

// ---- reading members; each is false or empty when the member is missing or of another type

const Json* Member(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

bool GetNumber(const Json& object, const char* name, uint64_t& out) {
  const Json* value = Member(object, name);
  if (value == nullptr || !value->is_number_unsigned()) return false;
  out = value->get<uint64_t>();
  return true;
}

bool GetString(const Json& object, const char* name, std::string& out) {
  const Json* value = Member(object, name);
  if (value == nullptr || !value->is_string()) return false;
  out = value->get_ref<const std::string&>();
  return true;
}

bool GetBase64(const Json& object, const char* name, std::string& out) {
  std::string text;
  return GetString(object, name, text) && Base64Decode(text, out);
}

bool GetHashes(const Json& object, const char* name, std::vector<Hash>& out) {
  const Json* value = Member(object, name);
  if (value == nullptr || !value->is_array()) return false;
  for (const Json& item : *value) {
    if (!item.is_string()) return false;
    const auto hash = HashFromBase64(item.get_ref<const std::string&>());
    if (!hash.ok()) return false;
    out.push_back(*hash);
  }
  return true;
}

void AppendHashes(const std::vector<Hash>& hashes, std::string& out) {
  out.push_back('[');
  for (const Hash& hash : hashes) {
    if (out.back() != '[') out.push_back(',');
    AppendJsonString(HashToBase64(hash), out);
  }
  out.push_back(']');
}

BadLine::Kind LooksLike(absl::string_view text) {
  if (absl::StartsWith(text, "{\"tile\"")) return BadLine::kTile;
  if (absl::StartsWith(text, "{\"type\":\"sallyport.export.v")) return BadLine::kManifest;
  return absl::StartsWith(text, "{\"type\"") ? BadLine::kEnd : BadLine::kRecord;
}

// What differs between a record's line and the one that an exporter writes for its leaf.
std::string Difference(const Json& object, const RecordLine& line, absl::string_view leaf, absl::string_view personal) {
  std::string text;
  if (!GetString(object, "leaf_hash", text) || text != HashToHex(line.leaf_hash))
    return "leaf_hash is not its leaf's hash";
  const Json* view = Member(object, "record");
  if (view == nullptr || *view != Json::parse(RecordView(leaf), nullptr, false))
    return "record is not what its leaf says";
  if (const Json* opened = line.personal && !line.erased ? Member(object, "personal") : nullptr) {
    const Json* fields = Member(*opened, "fields");
    if (fields == nullptr || *fields != Json::parse(PersonalView(personal.substr(kSaltBytes)), nullptr, false)) {
      return "personal.fields is not what personal.bytes says";
    }
  }
  return kSpelling;
}

using Content = decltype(ExportLine::content);

Content Bad(absl::string_view text, absl::string_view problem) {
  return BadLine{LooksLike(text), std::string(problem)};
}

Content ReadRecord(const std::string& text, const Json& object) {
  RecordLine line;
  std::string leaf;
  if (!GetNumber(object, "index", line.index)) return Bad(text, "index is missing or not a number");
  if (!GetBase64(object, "leaf", leaf) || leaf.size() > kEntryBytesMax)
    return Bad(text, "leaf is not base64 of a record");
  line.leaf_hash = LeafHash(leaf);
  std::string personal;
  if (const Json* opened = Member(object, "personal")) {
    line.personal = true;
    line.erased = opened->is_string();
    std::string bytes;
    if (line.erased) {
      personal = opened->get<std::string>();
      if (personal != kErasedPersonal || !HasPersonal(leaf)) {
        line.problem = "personal is a text, and not that the record's person was erased";
        return line;
      }
    } else if (!opened->is_object() || !GetBase64(*opened, "salt", personal) || personal.size() != kSaltBytes ||
        !GetBase64(*opened, "bytes", bytes)) {
      line.problem = "personal is not a salt and bytes in base64";
      return line;
    }
    personal += bytes;
    const absl::Status committed = line.erased ? absl::OkStatus() : CheckPersonal(leaf, personal);
    if (!committed.ok()) {
      line.problem = std::string(committed.message());
      return line;
    }
  }
  if (FormatRecordLine(line.index, leaf, line.leaf_hash, personal) != text) {
    line.problem = Difference(object, line, leaf, personal);
  }
  return line;
}

Content ReadTile(const std::string& text, const Json& object) {
  TileLine line;
  std::string hashes;
  if (!GetNumber(object, "tile", line.tile) || !GetBase64(object, "hashes", hashes)) {
    return Bad(text, "expected a tile's number and its hashes in base64");
  }
  auto parsed = ParseHashTile(hashes, static_cast<uint32_t>(std::min<size_t>(hashes.size() / 32, kTileWidth + 1)));
  if (!parsed.ok()) return Bad(text, parsed.status().message());
  line.hashes = *std::move(parsed);
  if (FormatTileLine(line.tile, hashes) != text) return Bad(text, kSpelling);
  return line;
}

Content ReadManifest(const std::string& text, const Json& object) {
  ManifestLine line;
  const Json* personal = Member(object, "personal");
  if (!GetNumber(object, "from", line.from) || !GetNumber(object, "to", line.to) || personal == nullptr ||
      !personal->is_boolean() || !GetString(object, "checkpoint", line.checkpoint) ||
      !GetHashes(object, "left", line.proof.left) || !GetHashes(object, "right", line.proof.right)) {
    return Bad(text, "a member is missing or of another type");
  }
  line.personal = personal->get<bool>();
  const auto again = FormatManifestLine(line);
  if (!again.ok()) return Bad(text, again.status().message());
  if (*again != text)
    return Bad(text, "it does not agree with its checkpoint, or is not spelled as an exporter spells it");
  return line;
}

Content ReadEnd(const std::string& text, const Json& object) {
  EndLine line;
  std::string hex;
  if (!GetNumber(object, "records", line.records) || !GetString(object, "sha256", hex) || hex.size() != 64) {
    return Bad(text, "expected the number of records and the SHA-256 of what came before");
  }
  const auto hash = HashFromBytes(absl::HexStringToBytes(hex));
  if (!hash.ok()) return Bad(text, "sha256 is not a hash in hexadecimal");
  line.sha256 = *hash;
  if (FormatEndLine(line) != text) return Bad(text, kSpelling);
  return line;
}

Content ReadContent(const std::string& text) {
  if (text.size() > kExportLineBytesMax) return Bad(text, absl::StrCat("longer than ", kExportLineBytesMax, " bytes"));
  if (text.empty() || text.back() != '\n') return Bad(text, "it is cut off");
  const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Bad(text, "it is not a JSON object");
  std::string type;
  if (object.contains("leaf") || object.contains("index")) return ReadRecord(text, object);
  if (object.contains("tile")) return ReadTile(text, object);
  if (!GetString(object, "type", type)) return Bad(text, "it is neither a record nor a tile and names no type");
  if (type == kManifestType) return ReadManifest(text, object);
  if (type == kEndType) return ReadEnd(text, object);
  return Bad(text, absl::StrCat("unknown type \"", absl::CHexEscape(type.substr(0, 64)), "\""));
}

}  // namespace

ExportLine ReadExportLine(std::string text) {
  ExportLine line;
  line.content = ReadContent(text);
  line.text = std::move(text);
  return line;
}

absl::StatusOr<std::string> FormatManifestLine(const ManifestLine& manifest) {
  if (manifest.checkpoint.size() > kNoteBytesMax) return absl::InvalidArgumentError("the checkpoint is too long");
  SP_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpointUnverified(manifest.checkpoint));
  std::string line = absl::StrCat("{\"type\":\"", kManifestType, "\",\"origin\":");
  AppendJsonString(checkpoint.origin, line);
  absl::StrAppend(&line, ",\"from\":", manifest.from, ",\"to\":", manifest.to, ",\"tree_size\":", checkpoint.size,
                  ",\"root\":\"", HashToBase64(checkpoint.root),
                  "\",\"complete\":true,\"personal\":", manifest.personal ? "true" : "false", ",\"checkpoint\":");
  AppendJsonString(manifest.checkpoint, line);
  line += ",\"left\":";
  AppendHashes(manifest.proof.left, line);
  line += ",\"right\":";
  AppendHashes(manifest.proof.right, line);
  line += "}\n";
  return line;
}

std::string FormatRecordLine(uint64_t index, absl::string_view leaf, const Hash& leaf_hash,
                             absl::string_view personal) {
  std::string line = absl::StrCat("{\"index\":", index, ",\"leaf\":\"", Base64Encode(leaf), "\",\"leaf_hash\":\"",
                                  HashToHex(leaf_hash), "\",\"record\":", RecordView(leaf));
  if (personal == kErasedPersonal) {
    absl::StrAppend(&line, ",\"personal\":\"", kErasedPersonal, "\"");
  } else if (!personal.empty()) {
    const absl::string_view bytes = personal.substr(kSaltBytes);
    absl::StrAppend(&line, ",\"personal\":{\"salt\":\"", Base64Encode(personal.substr(0, kSaltBytes)),
                    "\",\"bytes\":\"", Base64Encode(bytes), "\",\"fields\":", PersonalView(bytes), "}");
  }
  line += "}\n";
  return line;
}

std::string FormatTileLine(uint64_t tile, absl::string_view hashes) {
  return absl::StrCat("{\"tile\":", tile, ",\"hashes\":\"", Base64Encode(hashes), "\"}\n");
}

std::string FormatEndLine(const EndLine& end) {
  return absl::StrCat("{\"type\":\"", kEndType, "\",\"records\":", end.records, ",\"sha256\":\"", HashToHex(end.sha256),
                      "\"}\n");
}

}  // namespace sallyport::audit
