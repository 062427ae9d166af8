#include "transport/services/events.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "audit/sealer.h"
#include "base/status.h"
#include "engine/recorder.h"
#include "sallyport/record/v1/record.pb.h"
#include "transport/services/convert.h"

namespace sallyport::transport {
namespace {

namespace pb = sallyport::record::v1;

constexpr int kFilterValuesMax = 64;  // of one kind of filter: the store takes 256 terms in all

template <class Values>
absl::Status AddGroup(absl::string_view field, const Values& values, std::string (*term)(absl::string_view),
                      storage::Query& query) {
  if (values.size() > kFilterValuesMax) return FieldError(field, absl::StrCat("at most ", kFilterValuesMax, " values"));
  if (values.empty()) return absl::OkStatus();
  std::vector<std::string>& group = query.groups.emplace_back();
  for (const std::string& value : values) group.push_back(term(value));
  return absl::OkStatus();
}

template <class Values>
void DescribeValues(absl::string_view name, const Values& values, std::vector<std::string>& out) {
  if (!values.empty()) out.push_back(absl::StrCat(name, "=", absl::StrJoin(values, ",")));
}

// The event's own part of a record, one function a kind.
class Reader {
 public:
  explicit Reader(badge::v1::BadgeEvent* out) : out_(*out) {}

  void Read(const pb::Record& record) {
    switch (record.event_case()) {
      case pb::Record::kDecision:
        return Decision(record.decision());
      case pb::Record::kDeviceReport:
        return Report(record.device_report());
      case pb::Record::kStep:
        return Named("step", record.step().action(), record.step().visit_id());
      case pb::Record::kChange:
        return Named("change", record.change().action(), record.change().object());
      case pb::Record::kAlarm:
        return Alarm(record.alarm());
      case pb::Record::kDisclosure:
        return Named("disclosure", record.disclosure().method(), record.disclosure().query());
      case pb::Record::kSystem:
        return Named("system", record.system().action(), "");
      case pb::Record::EVENT_NOT_SET:
        return Named("unknown", "", "");
    }
  }

 private:
  void Decision(const pb::Decision& decision) {
    out_.set_kind("decision");
    out_.set_access_point_id(decision.access_point_id());
    out_.set_area_id(decision.area_id());
    out_.set_decision(static_cast<access::v1::Decision>(decision.outcome()));
    out_.set_reason_code(decision.reason_code());
    *out_.mutable_also() = decision.also();
    *out_.mutable_determining_policies() = decision.policies();
  }
  void Report(const pb::DeviceReport& report) {
    out_.set_kind(report.kind());
    out_.set_access_point_id(report.access_point_id());
    out_.set_area_id(report.area_id());
    out_.set_detail(report.detail());
  }
  void Alarm(const pb::Alarm& alarm) {
    out_.set_kind("alarm");
    out_.set_detail(absl::StrCat(alarm.kind(), " ", alarm.action(), " ", alarm.object()));
  }
  void Named(absl::string_view kind, absl::string_view action, absl::string_view object) {
    out_.set_kind(std::string(kind));
    out_.set_detail(object.empty() ? std::string(action) : absl::StrCat(action, " ", object));
  }

  badge::v1::BadgeEvent& out_;
};

}  // namespace

absl::StatusOr<storage::Query> QueryOf(const engine::Snapshot& snapshot, const badge::v1::EventFilter& filter) {
  storage::Query query;
  if (!filter.person_id().empty()) {
    const facility::Person* person = snapshot.state.facility.people.Find(PersonId(filter.person_id()));
    if (person == nullptr)
      return WithReason(absl::NotFoundError("filter.person_id: no such person"), "PERSON_NOT_FOUND");
    query.groups.push_back({engine::PersonTerm(person->subject_ref)});
  }
  SP_RETURN_IF_ERROR(AddGroup("filter.access_point_ids", filter.access_point_ids(), engine::AccessPointTerm, query));
  SP_RETURN_IF_ERROR(AddGroup("filter.area_ids", filter.area_ids(), engine::AreaTerm, query));
  SP_RETURN_IF_ERROR(AddGroup("filter.kinds", filter.kinds(), engine::KindTerm, query));
  SP_RETURN_IF_ERROR(AddGroup("filter.reason_codes", filter.reason_codes(), engine::ReasonTerm, query));
  if (filter.decision() != access::v1::DECISION_UNSPECIFIED) {
    if (!access::v1::Decision_IsValid(filter.decision())) return FieldError("filter.decision", "is not a decision");
    query.groups.push_back({engine::OutcomeTerm(filter.decision() == access::v1::DECISION_GRANT)});
  }
  SP_ASSIGN_OR_RETURN(const absl::Time from,
                      FromTimestamp("filter.from", filter.has_from(), filter.from(), absl::InfinitePast()));
  SP_ASSIGN_OR_RETURN(const absl::Time until,
                      FromTimestamp("filter.until", filter.has_until(), filter.until(), absl::InfiniteFuture()));
  if (filter.has_from()) query.from = from;
  if (filter.has_until()) query.until = until;
  query.end = snapshot.log_size;
  return query;
}

std::string Describe(const badge::v1::EventFilter& filter) {
  std::vector<std::string> out;
  if (!filter.person_id().empty()) out.push_back("person");
  DescribeValues("access_points", filter.access_point_ids(), out);
  DescribeValues("areas", filter.area_ids(), out);
  DescribeValues("kinds", filter.kinds(), out);
  DescribeValues("reasons", filter.reason_codes(), out);
  if (filter.decision() != access::v1::DECISION_UNSPECIFIED) {
    out.push_back(filter.decision() == access::v1::DECISION_GRANT ? "decision=grant" : "decision=deny");
  }
  if (filter.has_from()) out.push_back(absl::StrCat("from=", filter.from().seconds()));
  if (filter.has_until()) out.push_back(absl::StrCat("until=", filter.until().seconds()));
  return absl::StrJoin(out, " ");
}

std::string OpenPersonalOf(const engine::Engine& engine, const engine::Snapshot& snapshot, uint64_t index,
                           const storage::Entry& entry) {
  if (entry.sealed.empty()) return "";
  pb::Record record;
  if (!record.ParseFromString(entry.leaf)) return "";
  const PersonId* id = snapshot.state.person_by_subject.Find(record.subject_ref());
  const facility::Person* person = id ? snapshot.state.facility.people.Find(*id) : nullptr;
  if (person == nullptr || person->wrapped_key.empty()) return "";
  const auto key = audit::UnwrapSubjectKey(engine.keys().key_encryption_key, person->subject_ref, person->wrapped_key);
  if (!key.ok()) return "";
  const auto opened = audit::OpenPersonal(*key, engine::PersonalAad(person->subject_ref, index), entry.sealed);
  if (!opened.ok()) return "";
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(opened->salt.data()), opened->salt.size()),
                      opened->plaintext);
}

bool WasErased(const engine::Snapshot& snapshot, const storage::Entry& entry) {
  pb::Record record;
  return record.ParseFromString(entry.leaf) && !record.commitment().empty() &&
         snapshot.state.erasures.Contains(record.subject_ref());
}

absl::Status ReadEvent(const engine::Engine& engine, const engine::Snapshot& snapshot, uint64_t index,
                       badge::v1::BadgeEvent* out) {
  SP_ASSIGN_OR_RETURN(const storage::Entry entry, engine.store().ReadEntry(index));
  pb::Record record;
  if (!record.ParseFromString(entry.leaf))
    return absl::DataLossError(absl::StrCat("record ", index, " cannot be read"));
  out->set_index(index);
  *out->mutable_time() = record.time();
  out->set_actor(record.actor());
  out->set_request_id(record.request_id());
  out->set_subject_ref(record.subject_ref());
  out->set_leaf_hash(entry.leaf_hash.data(), entry.leaf_hash.size());
  Reader(out).Read(record);
  const std::string opened = OpenPersonalOf(engine, snapshot, index, entry);
  pb::Personal personal;
  constexpr size_t kSaltBytes = std::tuple_size_v<audit::Salt>;
  if (opened.size() < kSaltBytes || !personal.ParseFromString(opened.substr(kSaltBytes))) return absl::OkStatus();
  out->set_person_id(personal.person_id());
  out->set_credential_id(personal.credential_id());
  if (const auto* person = snapshot.state.facility.people.Find(PersonId(personal.person_id()))) {
    out->set_person_name(person->name);
  }
  return absl::OkStatus();
}

}  // namespace sallyport::transport
