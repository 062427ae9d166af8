#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "quarantine/guards.h"
#include "quarantine/limits.h"
#include "quarantine/names.h"
#include "quarantine/workflow.h"

namespace sallyport::quarantine {
namespace {

absl::Status CheckArea(const Context& context, const AreaId& id) {
  const facility::Area* area = context.facility.areas.Find(id);
  if (area == nullptr) {
    return WithReason(absl::NotFoundError(absl::StrCat("area ", id.value(), ": not found")), kAreaNotFound);
  }
  if (area->interview) return absl::OkStatus();
  return FieldError("interview_area_id", absl::StrCat(id.value(), " is not an interview area"));
}

absl::Status CheckWindow(const Context& context, const CreateVisitRequest& request) {
  if (request.end <= request.start) return FieldError("end", "must be after start");
  if (request.end <= context.now) return FieldError("end", "is in the past");
  if (request.end - request.start > kWindowMax) {
    return FieldError("end", absl::StrCat("the window is longer than ", absl::FormatDuration(kWindowMax)));
  }
  if (request.start - context.now > kPlannedAheadMax) return FieldError("start", "is more than a year ahead");
  return absl::OkStatus();
}

absl::Status CheckPerson(const Context& context, absl::string_view field, const PersonId& id) {
  const facility::Person* person = context.facility.people.Find(id);
  if (person == nullptr) {
    return WithReason(absl::NotFoundError(absl::StrCat(field, ": person ", id.value(), " not found")), kPersonNotFound);
  }
  if (person->status == facility::PersonStatus::kActive) return absl::OkStatus();
  return Refuse(kPersonInactive, absl::StrCat(field, ": person ", id.value(), " is not active"));
}

absl::Status CheckRoom(const State& state, const PersonId& person) {
  const PersonVisits* index = state.visits_of.Find(person);
  if (index == nullptr || index->visits.size() < kVisitsPerPersonMax) return absl::OkStatus();
  const bool any_finished = std::any_of(index->visits.begin(), index->visits.end(), [&](const VisitId& id) {
    const Visit* visit = state.visits.Find(id);
    return visit == nullptr || Finished(*visit);
  });
  if (any_finished) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("person ", person.value(), " takes part in ", kVisitsPerPersonMax,
                                                   " visits that are not finished, which is the limit"));
}

absl::Status CheckParticipants(const Context& context, const State& state, const CreateVisitRequest& request) {
  if (request.participants.size() >= kParticipantsMax) {  // one place is the host's
    return FieldError("participants", absl::StrCat("at most ", kParticipantsMax - 1, " besides the host"));
  }
  std::set<PersonId> seen;
  bool candidate = false;
  for (size_t i = 0; i < request.participants.size(); ++i) {
    const auto& [person, role] = request.participants[i];
    const std::string field = absl::StrCat("participants[", i, "].person_id");
    SP_RETURN_IF_ERROR(CheckPerson(context, field, person));
    SP_RETURN_IF_ERROR(CheckRoom(state, person));
    if (!seen.insert(person).second) return FieldError(field, absl::StrCat(person.value(), " is named twice"));
    if (role == Role::kCandidate && person == request.host) return FieldError(field, "a candidate cannot be the host");
    candidate = candidate || role == Role::kCandidate;
  }
  if (!candidate) return FieldError("participants", "at least one candidate is required");
  return absl::OkStatus();
}

Visit MakeVisit(const Context& context, const CreateVisitRequest& request) {
  Visit visit;
  visit.id = request.id.empty() ? VisitId(context.new_id()) : request.id;
  visit.area = request.area;
  visit.host = request.host;
  visit.start = request.start;
  visit.end = request.end;
  visit.created_at = context.now;
  for (const auto& [person, role] : request.participants) {
    Participant participant;
    participant.person = person;
    participant.role = role;
    participant.step_at = context.now;
    visit.participants.push_back(std::move(participant));
  }
  const facility::Area* area = context.facility.areas.Find(request.area);
  if (area->staff_custody && FindParticipant(visit, request.host) == nullptr) {
    Participant host;
    host.person = request.host;
    host.role = Role::kInterviewer;
    host.step_at = context.now;
    visit.participants.push_back(std::move(host));
  }
  return visit;
}

}  // namespace

absl::StatusOr<VisitId> CreateVisit(const Context& context, State& state, const CreateVisitRequest& request) {
  if (!request.id.empty()) SP_RETURN_IF_ERROR(CheckId("visit.id", request.id.value()));
  SP_RETURN_IF_ERROR(CheckArea(context, request.area));
  SP_RETURN_IF_ERROR(CheckWindow(context, request));
  SP_RETURN_IF_ERROR(CheckPerson(context, "host_id", request.host));
  SP_RETURN_IF_ERROR(CheckRoom(state, request.host));
  SP_RETURN_IF_ERROR(CheckParticipants(context, state, request));
  if (const Visit* other = state.visits.Find(request.id)) {
    return absl::AlreadyExistsError(absl::StrCat("visit ", request.id.value(), ": made at ", Utc(other->created_at)));
  }
  const Visit visit = MakeVisit(context, request);
  Put(state, visit);
  Emit(context, "visit.created", visit.id, visit.host,
       {{"area", visit.area.value()}, {"start", Utc(visit.start)}, {"end", Utc(visit.end)}});
  for (const Participant& participant : visit.participants) {
    AddToIndex(state, participant.person, visit.id);
    Emit(context, "visit.invited", visit.id, participant.person, {{"role", std::string(Name(participant.role))}});
  }
  return visit.id;
}

absl::Status CancelVisit(const Context& context, State& state, const VisitId& id, const std::string& reason) {
  SP_RETURN_IF_ERROR(CheckText("reason", reason));
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, id));
  SP_RETURN_IF_ERROR(Require(visit, {VisitState::kScheduled, VisitState::kOpen}, "cancel"));
  for (const Participant& participant : visit.participants) {
    for (const DeviceId& each : participant.devices) {
      const Device* device = state.devices.Find(each);
      if (device == nullptr || !device->in_custody()) continue;
      return Refuse(
          kDeviceInCustody,
          absl::StrCat("visit ", id.value(), ": device ", each.value(), " is in custody in ",
                       SlotKey(device->custody->locker, device->custody->slot), " and must be released first"));
    }
    if (!participant.in_area || !MustClear(context.facility, visit, participant)) continue;
    return Refuse(kParticipantInside, absl::StrCat("visit ", id.value(), ": participant ", participant.person.value(),
                                                   " is inside area ", visit.area.value()));
  }
  visit.state = VisitState::kCancelled;
  visit.closed_at = context.now;
  Put(state, visit);
  Emit(context, "visit.cancelled", id, visit.host, {}, {{"reason", reason}});
  return absl::OkStatus();
}

}  // namespace sallyport::quarantine
