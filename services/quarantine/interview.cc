#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "quarantine/guards.h"
#include "quarantine/names.h"
#include "quarantine/workflow.h"

namespace sallyport::quarantine {
namespace {

// Candidates always; interviewers and the host where the area has staff custody. Who was turned away or went home no
// longer counts, but one candidate must be there.
absl::Status RequireCleared(const Context& context, const State& state, const Visit& visit) {
  bool candidate = false;
  for (const Participant& participant : visit.participants) {
    if (!MustClear(context.facility, visit, participant) || Final(participant)) continue;
    const absl::string_view role = participant.person == visit.host ? "host" : Name(participant.role);
    if (!IsCleared(participant)) {
      return Refuse(kQuarantineIncomplete,
                    absl::StrCat("visit ", visit.id.value(), ": ", role, " ", participant.person.value(), " is ",
                                 Name(participant.state), ", CLEARED is required"));
    }
    if (!DevicesSecured(state, visit, participant)) {
      return Refuse(kDeviceNotQuarantined, absl::StrCat("visit ", visit.id.value(), ": ", role, " ",
                                                        participant.person.value(), " has a device outside custody"));
    }
    candidate = candidate || participant.role == Role::kCandidate;
  }
  if (candidate) return absl::OkStatus();
  return Refuse(kQuarantineIncomplete, absl::StrCat("visit ", visit.id.value(), ": no candidate is here"));
}

absl::Status RequireAreaReady(const Context& context, const Visit& visit) {
  const facility::Area* area = context.facility.areas.Find(visit.area);
  if (area == nullptr) {
    return WithReason(absl::NotFoundError(absl::StrCat("area ", visit.area.value(), ": not found")), kAreaNotFound);
  }
  if (!area->visual_security) return absl::OkStatus();
  const absl::Duration age_max = absl::Seconds(area->visual_security_seconds_max);
  if (area->visual_security_confirmed && context.now - area->visual_security_at <= age_max) return absl::OkStatus();
  return Refuse(kVisualSecurityOpen,
                absl::StrCat("area ", area->id.value(), ": the blinds are ",
                             area->visual_security_confirmed ? "confirmed down as of " + Utc(area->visual_security_at)
                                                             : std::string("not confirmed down"),
                             ", a confirmation of at most ", absl::FormatDuration(age_max), " is required"));
}

}  // namespace

absl::Status StartInterview(const Context& context, State& state, const StartRequest& request) {
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_RETURN_IF_ERROR(Require(visit, {VisitState::kOpen}, "start the interview"));
  if (!request.host_badge.empty()) SP_RETURN_IF_ERROR(RequireBadgeOf(context, request.host_badge, visit.host));
  for (const IncidentId& id : visit.incidents) {
    const Incident* incident = state.incidents.Find(id);
    if (incident == nullptr || !incident->open()) continue;
    return Refuse(kQuarantineIncident, absl::StrCat("visit ", visit.id.value(), ": incident ", id.value(), " (",
                                                    Name(incident->kind), ") is open and must be resolved first"));
  }
  SP_RETURN_IF_ERROR(RequireCleared(context, state, visit));
  SP_RETURN_IF_ERROR(RequireAreaReady(context, visit));
  visit.state = VisitState::kInInterview;
  visit.started_at = context.now;
  Put(state, visit);
  Emit(context, "visit.started", visit.id, visit.host, {{"host_badge_read", request.host_badge.empty() ? "no" : "yes"}},
       {{"host_badge", request.host_badge.value()}});
  return absl::OkStatus();
}

absl::Status EndInterview(const Context& context, State& state, const EndRequest& request) {
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_RETURN_IF_ERROR(Require(visit, {VisitState::kInInterview}, "end the interview"));
  visit.state = VisitState::kEnded;
  visit.ended_at = context.now;
  Emit(context, "visit.ended", visit.id, visit.host, {{"by", request.by_timeout ? "timeout" : "request"}});
  for (Participant& participant : visit.participants) SettleAfterEnd(context, state, visit, participant);
  Put(state, visit);
  return absl::OkStatus();
}

}  // namespace sallyport::quarantine
