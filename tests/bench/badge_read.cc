#include "badge_read.h"

#include <utility>
#include <vector>

#include "access/moment.h"
#include "base/file.h"
#include "base/status.h"
#include "cedar/schema_model.h"
#include "facility/plan.h"
#include "sallyportd/policy_folder.h"

namespace sallyport::bench {
namespace {

constexpr size_t kFileBytesMax = 1u << 20;
const AccessPointId kDoor("f3-lab-in");
const PersonId kPerson("ryu");
const CredentialId kBadge("B-108");
constexpr absl::CivilSecond kNow(2026, 12, 1, 10, 0, 0);

// One entity with what the schema knows of its type; all that it lies in become its parents.
cedar::Entity CopyOf(const cedar::EntitySource& source, const cedar::internal::SchemaModel& schema,
                     const cedar::EntityUid& uid) {
  cedar::Entity copy;
  copy.uid = uid;
  source.ForEachAncestor(uid, [&](const cedar::EntityUid& ancestor) { copy.parents.push_back(ancestor); });
  const cedar::internal::EntityTypeModel* type = schema.FindEntityType(uid.type());
  if (type == nullptr) return copy;
  cedar::Value value;
  for (const cedar::TypeField& field : type->attributes->fields) {
    if (source.Attribute(uid, field.name, &value) == cedar::EntitySource::Lookup::kFound) {
      copy.attributes.push_back({field.name, value.DeepCopy()});
    }
  }
  return copy;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BadgeRead>> BadgeRead::Create(const std::string& policy_folder,
                                                             const std::string& facility_file) {
  std::unique_ptr<BadgeRead> read(new BadgeRead());
  SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(facility_file, kFileBytesMax));
  SP_ASSIGN_OR_RETURN(const facility::Document document, facility::ParseDocument(text, facility_file));
  SP_RETURN_IF_ERROR(facility::Apply(document, read->facility_));
  SP_ASSIGN_OR_RETURN(const access::PolicyFiles files, ReadPolicyFolder(policy_folder));
  SP_ASSIGN_OR_RETURN(read->policies_, access::Policies::Compile(files, read->facility_));
  SP_ASSIGN_OR_RETURN(cedar::Schema schema, cedar::Schema::Parse(files.files.at("facility.cedarschema")));
  read->schema_ = std::make_unique<const cedar::Schema>(std::move(schema));
  read->now_ = absl::FromCivil(kNow, read->MakePlace().zone);
  return read;
}

access::Place BadgeRead::MakePlace() const { return access::PlaceOf(facility_, *facility_.access_points.Find(kDoor)); }

access::World BadgeRead::Moment(const access::State& before) const {
  return {facility_, before, *policies_, no_visits_, now_, absl::Seconds(5), digest_key_};
}

BadgeRead::Question::Question(const BadgeRead& read, const access::Place& place)
    : entities(read.facility_, read.policies_->names(), read.policies_->actions(), place,
               *read.facility_.people.Find(kPerson), read.now_),
      request{entities.principal(), access::EnterAction(), entities.resource(),
              access::ContextOf(access::MomentOf(read.Moment(read.state_), place, *read.facility_.people.Find(kPerson),
                                                 /*pin_verified=*/false, read.state_),
                                place)} {}

absl::StatusOr<access::Decision> BadgeRead::Decide() {
  const access::State before = state_;
  access::Presented presented;
  presented.access_point = kDoor;
  presented.credential = kBadge;
  return access::Decide(Moment(before), presented, state_);
}

absl::StatusOr<World> BadgeRead::Copy() const {
  const access::Place place = MakePlace();
  const Question question(*this, place);
  std::vector<cedar::Entity> entities;
  const auto copy = [&](const cedar::EntityUid& uid) {
    entities.push_back(CopyOf(question.entities, schema_->model(), uid));
  };
  copy(question.request.principal);
  copy(question.request.resource);
  for (const cedar::EntityUid* level : question.entities.levels()) copy(*level);
  for (const cedar::EntityUid* around : question.entities.surroundings()) copy(*around);
  for (const auto& [briefing, given] : facility_.people.Find(kPerson)->briefings) {
    entities.front().tags.push_back({briefing, access::Datetime(given)});
  }
  World world;
  world.policies = policies();
  SP_ASSIGN_OR_RETURN(world.entities, cedar::EntityStore::Create(std::move(entities)));
  world.requests = {question.request};
  world.requests.front().context = question.request.context.DeepCopy();
  return world;
}

}  // namespace sallyport::bench
