#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "access/grounds.h"
#include "access/policies.h"
#include "cedar/authorizer.h"
#include "cedar/entity_source.h"

// A decision as the log keeps it (facts.h), read back so that it can be decided again.
namespace sallyport::access {

class RecordedDecision {
 public:
  // INVALID_ARGUMENT, naming the part, for what are not the facts of a decision.
  static absl::StatusOr<RecordedDecision> Read(absl::string_view facts_json);

  const cedar::Request& request() const { return request_; }
  // What was known before the policies were asked, and what the rules after them found; nothing of the policies.
  const Grounds& grounds() const { return grounds_; }
  const std::vector<LevelLink>& links() const { return links_; }
  bool has_later_levels() const { return !later_levels_.empty(); }
  bool two_person() const { return two_person_; }
  bool second_of_two() const { return second_of_two_; }

 private:
  friend class RecordedEntities;
  friend class RecordedReader;

  struct Entity {
    cedar::EntityUid uid;
    bool exists = true;
    std::vector<cedar::RecordField> attributes;
    std::vector<cedar::RecordField> tags;
    std::vector<cedar::EntityUid> ancestors;
  };
  const Entity* Find(const cedar::EntityUid& uid) const;

  // What Reasons points at; moving the decision leaves it where it is.
  std::shared_ptr<const std::vector<std::string>> codes_;
  cedar::Request request_;
  Grounds grounds_;
  std::vector<Entity> entities_;  // the principal, the resource and its area, then the others: a handful
  std::vector<LevelLink> links_;
  std::vector<cedar::EntityUid> later_levels_;
  bool two_person_ = false;
  bool second_of_two_ = false;
};

// The entities of a recorded decision, with the actions of a schema. What it is made from outlives it. Not thread-safe.
class RecordedEntities final : public cedar::EntitySource {
 public:
  enum class Schedules { kAsTheyWere, kAssumeActive };
  RecordedEntities(const RecordedDecision& decision, const cedar::EntitySource& actions,
                   Schedules schedules = Schedules::kAsTheyWere)
      : decision_(decision), actions_(actions), schedules_(schedules) {}

  // The first entity that was asked about and of which the record says nothing; null: there was none. What was decided
  // then may not be what would have been decided.
  const cedar::EntityUid& missing() const { return missing_; }

  Lookup Attribute(const cedar::EntityUid& entity, absl::string_view name, cedar::Value* value) const override;
  Lookup Tag(const cedar::EntityUid& entity, absl::string_view name, cedar::Value* value) const override;
  bool Exists(const cedar::EntityUid& entity) const override;
  bool IsDescendant(const cedar::EntityUid& entity, const cedar::EntityUid& ancestor) const override;
  void ForEachAncestor(const cedar::EntityUid& entity,
                       absl::FunctionRef<void(const cedar::EntityUid&)> visit) const override;

 private:
  // Null, and noted as missing where something should be known, when the record has no such entity.
  const RecordedDecision::Entity* Find(const cedar::EntityUid& entity) const;

  const RecordedDecision& decision_;
  const cedar::EntitySource& actions_;
  const Schedules schedules_;
  mutable cedar::EntityUid missing_;
};

}  // namespace sallyport::access
