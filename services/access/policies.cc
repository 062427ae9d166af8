#include "access/policies.h"

#include <sodium.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "access/entities.h"
#include "base/status.h"
#include "cedar/policy.h"
#include "cedar/schema.h"
#include "cedar/validator.h"

namespace sallyport::access {
namespace {

using cedar::EntityUid;
using cedar::PolicySet;

constexpr absl::string_view kPolicySuffix = ".cedar";
constexpr absl::string_view kSchemaSuffix = ".cedarschema";
constexpr absl::string_view kTemplate = "access-level";

// The text of a part with its length before it, so that no two sets of files have the same bytes.
void HashPart(crypto_hash_sha256_state& state, absl::string_view part) {
  const std::string text = absl::StrCat(part.size(), ":", part);
  crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

absl::Status At(const std::string& file, const cedar::PolicyBody& body, absl::string_view problem) {
  const cedar::SourcePosition position = body.position();
  return absl::InvalidArgumentError(absl::StrCat(file, ":", position.line, ":", position.column, ": error: ", problem));
}

bool IsReason(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
  });
}

absl::Status CheckAnnotations(const std::string& file, const cedar::PolicyBody& body) {
  int32_t number = 0;
  const std::string* priority = body.FindAnnotation("priority");
  if (priority != nullptr && !absl::SimpleAtoi(*priority, &number)) {
    return At(file, body, absl::StrCat("@priority(\"", *priority, "\") is not an integer"));
  }
  const std::string* reason = body.FindAnnotation("reason");
  if (reason != nullptr && !IsReason(*reason)) {
    return At(file, body, absl::StrCat("@reason(\"", *reason, "\") is not an upper-case word"));
  }
  return absl::OkStatus();
}

absl::StatusOr<PolicySet> ParseFile(const std::string& name, const std::string& text) {
  cedar::ParseOptions options;
  options.file_name = name;
  options.id_annotation = true;
  options.id_prefix = absl::StrCat(absl::StripSuffix(name, kPolicySuffix), "#");
  SP_ASSIGN_OR_RETURN(PolicySet set, PolicySet::Parse(text, options));
  for (const cedar::Policy* policy : set.Policies()) SP_RETURN_IF_ERROR(CheckAnnotations(name, policy->body()));
  for (const auto& [id, body] : set.Templates()) SP_RETURN_IF_ERROR(CheckAnnotations(name, *body));
  return set;
}

// The id of the policy that an entry becomes: "access-level:research:compute@office". No id has a colon in it.
std::string LinkId(const AccessLevelId& level, const facility::AccessLevel::Entry& entry) {
  std::string id = absl::StrCat(kTemplate, ":", level.value(), ":");
  if (!entry.area.empty()) absl::StrAppend(&id, entry.area.value());
  if (!entry.floor.empty()) absl::StrAppend(&id, "floor:", entry.floor.value());
  if (!entry.access_point.empty()) absl::StrAppend(&id, "access-point:", entry.access_point.value());
  if (!entry.schedule.empty()) absl::StrAppend(&id, "@", entry.schedule.value());
  return id;
}

cedar::Slots SlotsOf(const AccessLevelId& level, const facility::AccessLevel::Entry& entry) {
  cedar::Slots slots;
  slots.principal =
      EntityUid("AccessLevel", entry.schedule.empty() ? level.value() : LevelOnSchedule(level, entry.schedule));
  if (!entry.area.empty()) slots.resource = EntityUid("Area", entry.area.value());
  if (!entry.floor.empty()) slots.resource = EntityUid("Floor", entry.floor.value());
  if (!entry.access_point.empty()) slots.resource = EntityUid("AccessPoint", entry.access_point.value());
  return slots;
}

// Links every entry of every level, in the order of the levels' ids, so that the same facility gives the same set. An
// entry that a level lists twice is one policy.
absl::Status LinkLevels(const facility::State& facility, PolicySet& set) {
  if (set.FindTemplate(kTemplate) == nullptr) return absl::OkStatus();
  std::vector<const facility::AccessLevel*> levels;
  facility.levels.ForEach([&](const AccessLevelId&, const facility::AccessLevel& level) { levels.push_back(&level); });
  std::sort(levels.begin(), levels.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  for (const facility::AccessLevel* level : levels) {
    for (const facility::AccessLevel::Entry& entry : level->entries) {
      std::string id = LinkId(level->id, entry);
      const cedar::Policy* taken = set.Find(id);
      if (taken != nullptr && taken->template_id() == kTemplate) continue;
      if (const absl::Status linked = set.Link(kTemplate, std::move(id), SlotsOf(level->id, entry)); !linked.ok()) {
        return absl::InvalidArgumentError(linked.message());
      }
    }
  }
  return absl::OkStatus();
}

PolicySet PermitsOf(PolicySet set) {
  for (const cedar::Policy* policy : set.Policies()) {
    if (policy->effect() == cedar::Effect::kForbid) SP_CHECK(set.Remove(std::string(policy->id())).ok());
  }
  return set;
}

}  // namespace

std::string PolicyFiles::Hash() const {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const auto& [name, text] : files) {
    HashPart(state, name);
    HashPart(state, text);
  }
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256_final(&state, reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

Policies::Policies() = default;
Policies::~Policies() = default;

absl::StatusOr<std::shared_ptr<const Policies>> Policies::Compile(const PolicyFiles& files,
                                                                  const facility::State& facility) {
  std::shared_ptr<Policies> out(new Policies());
  PolicySet set;
  for (const auto& [name, text] : files.files) {
    if (absl::EndsWith(name, kSchemaSuffix)) {
      if (out->schema_ != nullptr) return FieldError("files", absl::StrCat("'", name, "' is a second schema"));
      cedar::ParseOptions options;
      options.file_name = name;
      SP_ASSIGN_OR_RETURN(cedar::Schema schema, cedar::Schema::Parse(text, options));
      out->schema_ = std::make_unique<const cedar::Schema>(std::move(schema));
    } else if (absl::EndsWith(name, kPolicySuffix)) {
      SP_ASSIGN_OR_RETURN(const PolicySet parsed, ParseFile(name, text));
      if (const absl::Status merged = set.Merge(parsed); !merged.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(name, ": error: ", merged.message()));
      }
    } else {
      return FieldError("files", absl::StrCat("'", name, "' is neither a ", kPolicySuffix, " nor a ", kSchemaSuffix));
    }
  }
  if (out->schema_ == nullptr) return FieldError("files", absl::StrCat("there is no ", kSchemaSuffix));
  SP_RETURN_IF_ERROR(cedar::ToStatus(cedar::ValidatePolicies(*out->schema_, set)));
  SP_RETURN_IF_ERROR(LinkLevels(facility, set));
  out->hash_ = files.Hash();
  out->permits_ = std::make_unique<const PolicySet>(PermitsOf(set));
  out->set_ = std::make_unique<const PolicySet>(std::move(set));
  out->actions_ = &out->schema_->actions();
  out->names_ = std::make_unique<const EntityNames>(facility);
  return out;
}

}  // namespace sallyport::access
