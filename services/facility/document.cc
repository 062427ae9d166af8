#include "facility/document.h"

#include <sodium.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "base/yaml.h"
#include "facility/draft.h"
#include "facility/limits.h"

namespace sallyport::facility {
namespace {

constexpr yaml::Limits kLimits = {
    .bytes_max = kDocumentBytesMax, .nodes_max = kDocumentNodesMax, .depth_max = kDocumentDepthMax};

std::string Sha256(absl::string_view text) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return absl::BytesToHexString(digest);
}

// People stand last: their dates need the time zone of a site, wherever in the file that is.
void ReadDocument(Draft& draft, const yaml::Node& root) {
  const yaml::Reader::Field later = {[](const yaml::Node&, const std::string&) {}};
  draft.reader.Mapping(root, "",
                       {{"sites", {later.read, true}},
                        {"floors", later},
                        {"areas", {later.read, true}},
                        {"access_points", later},
                        {"schedules", later},
                        {"access_levels", later},
                        {"lockers", later},
                        {"people", later}});
  const yaml::Node* sites = yaml::Find(root, "sites");
  if (sites != nullptr && sites->items.empty()) draft.reader.Problem(*sites, "sites", "expected at least one site");
  ReadPlaces(draft, root);
  const yaml::Node* people = yaml::Find(root, "people");
  if (people != nullptr) ReadPeople(draft, *people, "people");
  draft.CheckReferences();
  CheckPlaces(draft);
}

}  // namespace

absl::StatusOr<Document> ParseDocument(absl::string_view text, absl::string_view file_name) {
  SP_ASSIGN_OR_RETURN(const yaml::Document file, yaml::Load(text, file_name, kLimits));
  Draft draft{std::string(file_name)};
  ReadDocument(draft, file.root());
  SP_RETURN_IF_ERROR(draft.reader.status());
  draft.document.hash = Sha256(text);
  return std::move(draft.document);
}

}  // namespace sallyport::facility
