#include "engine/recorder.h"

#include <google/protobuf/arena.h>

#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "audit/limits.h"
#include "base/status.h"
#include "sallyport/record/v1/record.pb.h"

namespace sallyport::engine {
namespace {

namespace pb = sallyport::record::v1;

constexpr size_t kPersonIdBytesMax = 80;  // what the person's id adds to the sealed fields

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

absl::Status CheckSize(absl::string_view what, size_t bytes, size_t bytes_max) {
  if (bytes <= bytes_max) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the request makes ", what, " of ", bytes, " bytes; at most ", bytes_max,
                                                 " are allowed"));
}

template <class List>
void AddFacts(const Pairs& facts, List* out) {
  for (const auto& [name, value] : facts) {
    pb::Fact* fact = out->Add();
    fact->set_name(name);
    fact->set_value(value);
  }
}

// Other people stand in somebody's sealed fields by pseudonym, so that each can be forgotten alone.
Pairs WithPseudonyms(const Pairs& personal, const facility::State& facility) {
  Pairs out = personal;
  for (auto& [name, value] : out) {
    if (name != "escort" && name != "escort_id") continue;
    const facility::Person* person = facility.people.Find(PersonId(value));
    value = person != nullptr ? person->subject_ref : "";
  }
  return out;
}

// Fills the record's oneof, the personal fields and the terms, one function an event.
class Filler {
 public:
  Filler(const RecordContext& context, pb::Record& record, pb::Personal& personal, std::vector<std::string>& terms)
      : context_(context), record_(record), personal_(personal), terms_(terms) {}

  PersonId person;

  void operator()(const DecisionEvent& event) {
    pb::Decision* out = record_.mutable_decision();
    out->set_outcome(event.grant ? pb::OUTCOME_GRANT : pb::OUTCOME_DENY);
    out->set_reason_code(event.reason);
    for (const std::string& also : event.also) out->add_also(also);
    out->set_access_point_id(event.access_point.value());
    out->set_area_id(event.area.value());
    for (const std::string& policy : event.policies) out->add_policies(policy);
    out->set_policy_set_hash(absl::HexStringToBytes(context_.policy_set_hash));
    for (const std::string& obligation : event.obligations) out->add_obligations(obligation);
    out->set_card_digest(event.card_digest);
    if (event.read_time != absl::InfinitePast()) SetTime(event.read_time, out->mutable_read_time());
    out->set_exit(event.exit);
    person = event.person;
    personal_.set_credential_id(event.credential.value());
    personal_.set_facts_json(event.facts);
    AddPlace(event.access_point, event.area);
    terms_.push_back(KindTerm("decision"));
    terms_.push_back(OutcomeTerm(event.grant));
    terms_.push_back(ReasonTerm(event.reason));
  }

  void operator()(const DeviceEvent& event) {
    pb::DeviceReport* out = record_.mutable_device_report();
    AreaId area;
    if (const auto* point = context_.facility.access_points.Find(event.access_point)) area = point->to;
    out->set_kind(event.kind);
    out->set_access_point_id(event.access_point.value());
    out->set_area_id(area.value());
    out->set_detail(event.detail);
    if (event.device_time != absl::InfinitePast()) SetTime(event.device_time, out->mutable_device_time());
    person = event.person;
    AddPlace(event.access_point, area);
    terms_.push_back(KindTerm(event.kind));
  }

  void operator()(const StepEvent& event) {
    pb::Step* out = record_.mutable_step();
    out->set_action(event.action);
    out->set_visit_id(event.visit.value());
    AddFacts(event.facts, out->mutable_facts());
    AddFacts(event.personal, personal_.mutable_fields());
    person = event.person;
    terms_.push_back(KindTerm("step"));
  }

  void operator()(const ChangeEvent& event) {
    pb::Change* out = record_.mutable_change();
    out->set_action(event.action);
    out->set_object(event.object);
    AddFacts(event.facts, out->mutable_facts());
    AddFacts(WithPseudonyms(event.personal, context_.facility), personal_.mutable_fields());
    person = event.person;
    terms_.push_back(KindTerm("change"));
  }

  void operator()(const AlarmEvent& event) {
    pb::Alarm* out = record_.mutable_alarm();
    out->set_action(event.action);
    out->set_alarm_id(event.alarm.value());
    out->set_kind(event.kind);
    out->set_object(event.object);
    AddFacts(event.facts, out->mutable_facts());
    person = event.person;
    terms_.push_back(KindTerm("alarm"));
  }

  void operator()(const DisclosureEvent& event) {
    pb::Disclosure* out = record_.mutable_disclosure();
    out->set_method(event.method);
    out->set_query(event.query);
    person = event.person;
    terms_.push_back(KindTerm("disclosure"));
  }

  void operator()(const SystemEvent& event) {
    pb::System* out = record_.mutable_system();
    out->set_action(event.action);
    AddFacts(event.facts, out->mutable_facts());
    terms_.push_back(KindTerm("system"));
  }

 private:
  void AddPlace(const AccessPointId& point, const AreaId& area) {
    if (!point.empty()) terms_.push_back(AccessPointTerm(point.value()));
    if (!area.empty()) terms_.push_back(AreaTerm(area.value()));
  }

  const RecordContext& context_;
  pb::Record& record_;
  pb::Personal& personal_;
  std::vector<std::string>& terms_;
};

absl::Status SealFields(const facility::Person& person, const RecordContext& context, pb::Personal& personal, pb::Record& record,
                storage::Entry& entry) {
  record.set_subject_ref(person.subject_ref);
  entry.terms.push_back(PersonTerm(person.subject_ref));
  if (person.wrapped_key.empty()) return absl::OkStatus();
  personal.set_person_id(person.id.value());
  SP_ASSIGN_OR_RETURN(const audit::SubjectKey key,
                      audit::UnwrapSubjectKey(context.kek, person.subject_ref, person.wrapped_key));
  SP_ASSIGN_OR_RETURN(audit::SealedPersonal sealed,
                      audit::SealPersonal(key, PersonalAad(person.subject_ref, context.index),
                                          personal.SerializeAsString(), context.random));
  record.set_commitment(absl::StrCat(audit::HashBytes(sealed.commitment)));
  entry.sealed = std::move(sealed.sealed);
  return absl::OkStatus();
}

}  // namespace

std::string PersonTerm(absl::string_view subject_ref) { return absl::StrCat("p:", subject_ref); }
std::string AccessPointTerm(absl::string_view access_point) { return absl::StrCat("d:", access_point); }
std::string AreaTerm(absl::string_view area) { return absl::StrCat("a:", area); }
std::string KindTerm(absl::string_view kind) { return absl::StrCat("k:", kind); }
std::string OutcomeTerm(bool grant) { return grant ? "o:grant" : "o:deny"; }
std::string ReasonTerm(absl::string_view reason) { return absl::StrCat("r:", reason); }

std::string PersonalAad(absl::string_view subject_ref, uint64_t index) {
  return absl::StrCat("sallyport/personal/v1 ", index, " ", subject_ref);
}

absl::StatusOr<storage::Entry> MakeEntry(const Event& event, const RecordContext& context) {
  google::protobuf::Arena arena;
  auto& record = *google::protobuf::Arena::CreateMessage<pb::Record>(&arena);
  auto& personal = *google::protobuf::Arena::CreateMessage<pb::Personal>(&arena);
  storage::Entry entry;
  entry.time = context.time;
  entry.terms.reserve(8);
  record.set_version(1);
  SetTime(context.time, record.mutable_time());
  record.set_actor(std::string(context.actor));
  record.set_request_id(std::string(context.request_id));
  Filler filler(context, record, personal, entry.terms);
  std::visit(filler, event);
  if (const facility::Person* person = context.facility.people.Find(filler.person)) {
    SP_RETURN_IF_ERROR(CheckSize("personal fields", personal.ByteSizeLong() + kPersonIdBytesMax, audit::kPersonalBytesMax));
    SP_RETURN_IF_ERROR(SealFields(*person, context, personal, record, entry));
  }
  entry.leaf = record.SerializeAsString();
  SP_RETURN_IF_ERROR(CheckSize("a log record", entry.leaf.size(), audit::kEntryBytesMax));
  entry.leaf_hash = audit::LeafHash(entry.leaf);
  return entry;
}

}  // namespace sallyport::engine
