#include "access/hints.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "access/rules.h"

namespace sallyport::access {
namespace {

using facility::AccessLevel;

std::string Day(const Case& c, absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, c.place.zone); }
std::string Minute(const Case& c, absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M", time, c.place.zone); }

std::string Briefing(const State&, const Case& c) {
  const Requirements& needs = c.place.requirements;
  if (needs.briefing == nullptr) return "";
  const auto given = c.subject.person->briefings.find(*needs.briefing);
  if (given == c.subject.person->briefings.end()) {
    return absl::StrCat("briefing ", *needs.briefing, " was never taken");
  }
  const absl::Time expired = given->second + absl::Hours(24) * needs.briefing_days_max;
  return absl::StrCat("briefing ", *needs.briefing, " of ", Day(c, given->second), " expired on ", Day(c, expired));
}

std::string Nda(const State&, const Case& c) {
  const absl::Time until = c.subject.person->nda_until;
  if (until == absl::InfinitePast()) return "no non-disclosure agreement is signed";
  return absl::StrCat("the non-disclosure agreement ran out on ", Day(c, until));
}

std::string Clearance(const State&, const Case& c) {
  return absl::StrCat("clearance ", c.subject.person->clearance, ", ", c.place.requirements.clearance_min,
                      " is needed");
}

std::string Project(const State&, const Case& c) {
  const std::string* project = c.place.requirements.project;
  return project == nullptr ? "" : absl::StrCat("not a member of project ", *project);
}

std::string CredentialDates(const State&, const Case& c) {
  if (c.subject.credential == nullptr) return "";
  const facility::Credential& credential = *c.subject.credential;
  if (c.world.now < credential.valid_from) {
    return absl::StrCat("credential ", credential.id.value(), " is valid from ", Minute(c, credential.valid_from));
  }
  return absl::StrCat("credential ", credential.id.value(), " expired on ", Minute(c, credential.valid_until));
}

std::string CredentialStatus(const State&, const Case& c) {
  return c.subject.credential == nullptr ? "" : absl::StrCat("credential ", c.subject.credential->id.value());
}

std::string PersonDates(const State&, const Case& c) {
  if (c.subject.person == nullptr) return "the credential's person is gone";
  const facility::Person& person = *c.subject.person;
  if (person.status == facility::PersonStatus::kLeft) return "the person has left";
  if (person.status == facility::PersonStatus::kSuspended) return "the person is suspended";
  if (c.world.now < person.valid_from) return absl::StrCat("valid from ", Minute(c, person.valid_from));
  return absl::StrCat("valid until ", Minute(c, person.valid_until));
}

bool Opens(const AccessLevel::Entry& entry, const Case& c) {
  if (!entry.access_point.empty()) return entry.access_point == c.place.access_point->id;
  if (!entry.floor.empty()) return c.place.floor != nullptr && entry.floor == c.place.floor->id;
  return std::any_of(c.place.to.begin(), c.place.to.end(),
                     [&](const facility::Area* area) { return area->id == entry.area; });
}

std::string Schedules(const State&, const Case& c) {
  std::set<std::string> held;
  for (const facility::LevelGrant& grant : c.subject.person->levels) {
    const AccessLevel* level = c.world.facility.levels.Find(grant.level);
    if (level == nullptr || c.world.now < grant.from || c.world.now >= grant.until) continue;
    for (const AccessLevel::Entry& entry : level->entries) {
      if (!entry.schedule.empty() && Opens(entry, c)) held.insert(LevelOnSchedule(grant.level, entry.schedule));
    }
  }
  return held.empty() ? "" : absl::StrCat(absl::StrJoin(held, ", "), " is not active now");
}

std::string Levels(const State&, const Case& c) {
  std::set<std::string> opening;
  c.world.facility.levels.ForEach([&](const AccessLevelId& id, const AccessLevel& level) {
    if (std::any_of(level.entries.begin(), level.entries.end(), [&](const auto& entry) { return Opens(entry, c); })) {
      opening.insert(id.value());
    }
  });
  if (opening.empty()) return "no access level opens this door";
  return absl::StrCat("opened by access level ", absl::StrJoin(opening, ", "));
}

std::string PinLock(const State& state, const Case& c) {
  const PinFailures* failures = state.pin_failures.Find(c.subject.person->id);
  return failures == nullptr ? "" : absl::StrCat("locked until ", Minute(c, failures->locked_until));
}

std::string Place(const State& state, const Case& c) {
  const Presence* presence = state.presence.Find(c.subject.person->id);
  if (presence == nullptr) return "";
  return absl::StrCat("recorded in ", presence->area.value(), " since ", Minute(c, presence->since), " by ",
                      presence->by.value());
}

std::string Occupancy(const State& state, const Case& c) {
  std::vector<std::string> full;
  for (const facility::Area* area : c.place.to) {
    const int32_t* people = state.occupancy.Find(area->id);
    if (area->occupancy_max == 0 || people == nullptr) continue;
    full.push_back(absl::StrCat(*people, " of ", area->occupancy_max, " in ", area->id.value()));
  }
  return absl::StrJoin(full, ", ");
}

std::string Escort(const State&, const Case& c) {
  std::set<std::string> escorts;
  if (!c.subject.person->escort.empty()) escorts.insert(c.subject.person->escort.value());
  if (!c.moment.visit.host.empty()) escorts.insert(c.moment.visit.host.value());
  return escorts.empty() ? "nobody is named as escort" : absl::StrCat("escort: ", absl::StrJoin(escorts, " or "));
}

std::string Visit(const State&, const Case& c) {
  const VisitFacts& visit = c.moment.visit;
  if (visit.visit.empty()) return visit.expected ? "no visit in this area" : "no visit";
  return absl::StrCat("visit ", visit.visit, ": ", visit.participant_state);
}

std::string Blinds(const State&, const Case& c) {
  std::vector<std::string> open;
  for (const facility::Area* area : c.place.to) {
    if (!area->visual_security || BlindsDown({area}, c.world.now)) continue;
    open.push_back(absl::StrCat(area->id.value(), area->visual_security_confirmed ? " was last confirmed at " : "",
                                area->visual_security_confirmed ? Minute(c, area->visual_security_at) : " is open"));
  }
  return absl::StrJoin(open, ", ");
}

std::string Failures(const State&, const Case& c) {
  return absl::StrJoin(c.response.errors, "; ", [](std::string* out, const cedar::PolicyError& error) {
    absl::StrAppend(out, error.policy->id(), ": ", error.message);
  });
}

struct Detail {
  absl::string_view code;
  bool of_person;  // needs to know who
  std::string (*found)(const State&, const Case&);
};

constexpr std::array kDetails = {
    Detail{reason::kAntipassbackViolation, true, Place},
    Detail{"BRIEFING_EXPIRED", true, Briefing},
    Detail{"CLEARANCE_INSUFFICIENT", true, Clearance},
    Detail{reason::kCredentialExpired, false, CredentialDates},
    Detail{reason::kCredentialLost, false, CredentialStatus},
    Detail{reason::kCredentialNotActive, false, CredentialDates},
    Detail{reason::kCredentialNotEnabled, false, CredentialStatus},
    Detail{reason::kCredentialStolen, false, CredentialStatus},
    Detail{"DEVICE_NOT_QUARANTINED", true, Visit},
    Detail{"ESCORT_REQUIRED", true, Escort},
    Detail{"NDA_MISSING", true, Nda},
    Detail{reason::kNoAccessLevel, true, Levels},
    Detail{reason::kNotPermittedAtThisTime, true, Schedules},
    Detail{"NOT_ON_PROJECT", true, Project},
    Detail{reason::kOccupancyFull, false, Occupancy},
    Detail{reason::kPersonInactive, false, PersonDates},
    Detail{reason::kPinLockedOut, true, PinLock},
    Detail{reason::kPolicyError, true, Failures},
    Detail{"QUARANTINE_INCIDENT", true, Visit},
    Detail{"QUARANTINE_INCOMPLETE", true, Visit},
    Detail{"VISIT_NOT_ACTIVE", true, Visit},
    Detail{"VISUAL_SECURITY_OPEN", false, Blinds},
};

std::string FoundFor(absl::string_view code, const State& state, const Case& c) {
  const auto* detail =
      std::find_if(kDetails.begin(), kDetails.end(), [&](const Detail& each) { return each.code == code; });
  if (detail == kDetails.end() || (detail->of_person && c.subject.person == nullptr)) return "";
  return detail->found(state, c);
}

// A policy's own advice goes before what this room knows.
absl::string_view AdviceFor(absl::string_view code, const Case& c) {
  for (const cedar::Policy* policy : c.response.reasons) {
    if (policy->annotation("reason") == code && !policy->annotation("advice").empty()) {
      return policy->annotation("advice");
    }
  }
  return RemedyFor(code);
}

}  // namespace

std::vector<std::string> HintsFor(const Decision& decision, const State& state, const Case& c) {
  std::vector<absl::string_view> codes = {decision.event.reason};
  codes.insert(codes.end(), decision.event.also.begin(), decision.event.also.end());
  std::vector<std::string> hints;
  for (absl::string_view code : codes) {
    const std::string found = FoundFor(code, state, c);
    const absl::string_view advice = AdviceFor(code, c);
    if (found.empty() && advice.empty()) continue;
    hints.push_back(absl::StrCat(code, ": ", found, !found.empty() && !advice.empty() ? ". " : "", advice));
  }
  return hints;
}

}  // namespace sallyport::access
