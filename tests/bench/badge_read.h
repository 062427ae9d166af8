#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "access/decision.h"
#include "access/entities.h"
#include "cedar/authorizer.h"
#include "cedar/schema.h"
#include "cedar_worlds.h"
#include "facility/model.h"

namespace sallyport::bench {

// A badge at a door of the demo's facility, under the demo's policies. Ryu enters the research floor, which asks for
// a level, a clearance, a project, a briefing and an agreement.
class BadgeRead {
 public:
  static absl::StatusOr<std::unique_ptr<BadgeRead>> Create(const std::string& policy_folder,
                                                           const std::string& facility_file);

  // What the daemon asks for one read: the request, and the facility as entities. Points into this object.
  struct Question {
    Question(const BadgeRead& read, const access::Place& place);
    access::FacilityEntities entities;
    cedar::Request request;
  };
  access::Place MakePlace() const;
  const cedar::PolicySet& policies() const { return policies_->set(); }

  // The whole decision, from the badge on; presence and recent grants are kept in this object.
  absl::StatusOr<access::Decision> Decide();

  // The same question with its entities copied out of the facility.
  absl::StatusOr<World> Copy() const;

 private:
  BadgeRead() = default;
  access::World Moment(const access::State& before) const;

  facility::State facility_;
  access::State state_;
  std::shared_ptr<const access::Policies> policies_;
  std::unique_ptr<const cedar::Schema> schema_;
  absl::Time now_;
  const Secret digest_key_{"a key for measurements only"};
  const std::function<access::VisitFacts(const PersonId&, const facility::Area&)> no_visits_ =
      [](const PersonId&, const facility::Area&) { return access::VisitFacts(); };
};

}  // namespace sallyport::bench
