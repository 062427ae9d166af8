#pragma once

#include "engine/fields.h"
#include "engine/rows.h"

// The fields of every stored struct, with their numbers. Numbers are for ever.
namespace sallyport::facility {

template <class F>
void Fields(F& f, Site& v) {
  f(1, v.id), f(2, v.name), f(3, v.time_zone), f(4, v.language), f(5, v.holidays), f(6, v.threat_level);
  f(7, v.card_formats);
}
template <class F>
void Fields(F& f, Floor& v) {
  f(1, v.id), f(2, v.site), f(3, v.name), f(4, v.level);
}
template <class F>
void Fields(F& f, Area& v) {
  f(1, v.id), f(2, v.name), f(3, v.floor), f(4, v.parent), f(5, v.restricted), f(6, v.interview), f(7, v.staff_custody);
  f(8, v.visual_security), f(9, v.escort_visitors), f(10, v.clearance_min), f(11, v.briefing);
  f(12, v.briefing_days_max), f(13, v.project), f(14, v.nda), f(15, v.two_person), f(16, v.two_person_seconds);
  f(17, v.occupancy_max), f(18, v.occupancy_min), f(19, v.anti_passback), f(20, v.visual_security_confirmed);
  f(21, v.visual_security_at), f(22, v.visual_security_seconds_max);
}
template <class F>
void Fields(F& f, AccessPoint& v) {
  f(1, v.id), f(2, v.name), f(3, v.from), f(4, v.to), f(5, v.reader), f(6, v.door), f(7, v.unlock_seconds);
  f(8, v.exit), f(9, v.presence_on_grant), f(10, v.pin_required), f(11, v.formats), f(12, v.lift_floors), f(13, v.mode);
}
template <class F>
void Fields(F& f, Schedule::Interval& v) {
  f(1, v.days), f(2, v.start_minute), f(3, v.end_minute), f(4, v.on_holidays);
}
template <class F>
void Fields(F& f, Schedule& v) {
  f(1, v.id), f(2, v.name), f(3, v.intervals);
}
template <class F>
void Fields(F& f, AccessLevel::Entry& v) {
  f(1, v.area), f(2, v.access_point), f(3, v.floor), f(4, v.schedule);
}
template <class F>
void Fields(F& f, AccessLevel& v) {
  f(1, v.id), f(2, v.name), f(3, v.entries);
}
template <class F>
void Fields(F& f, LevelGrant& v) {
  f(1, v.level), f(2, v.from), f(3, v.until);
}
template <class F>
void Fields(F& f, Person& v) {
  f(1, v.id), f(2, v.name), f(3, v.email), f(4, v.kind), f(5, v.department), f(6, v.status), f(7, v.valid_from);
  f(8, v.valid_until), f(9, v.clearance), f(10, v.projects), f(11, v.briefings), f(12, v.nda_until), f(13, v.levels);
  f(14, v.escort), f(15, v.pin_digest), f(16, v.subject_ref);  // 17 was the wrapped key, which lies apart
}
template <class F>
void Fields(F& f, CardNumber& v) {
  f(1, v.format), f(2, v.facility_code), f(3, v.number), f(4, v.raw);
}
template <class F>
void Fields(F& f, Credential& v) {
  f(1, v.id), f(2, v.person), f(3, v.card), f(4, v.status), f(5, v.valid_from), f(6, v.valid_until), f(7, v.label);
}
template <class F>
void Fields(F& f, Locker& v) {
  f(1, v.id), f(2, v.name), f(3, v.area), f(4, v.slots), f(5, v.attenuation_db_min), f(6, v.in_service);
  f(7, v.self_test_at);
}

}  // namespace sallyport::facility

namespace sallyport::access {

template <class F>
void Fields(F& f, Presence& v) {
  f(1, v.area), f(2, v.since), f(3, v.by);
}
template <class F>
void Fields(F& f, PendingPair& v) {
  f(1, v.first), f(2, v.at);
}
template <class F>
void Fields(F& f, RecentGrants::Grant& v) {
  f(1, v.person), f(2, v.at), f(3, v.passed);
}
template <class F>
void Fields(F& f, RecentGrants& v) {
  f(1, v.grants);
}
template <class F>
void Fields(F& f, PinFailures& v) {
  f(1, v.count), f(2, v.locked_until);
}
template <class F>
void Fields(F& f, PolicyFiles& v) {
  f(1, v.files);
}

}  // namespace sallyport::access

namespace sallyport::quarantine {

template <class F>
void Fields(F& f, Identity& v) {
  f(1, v.badge), f(2, v.document), f(3, v.last4);
}
template <class F>
void Fields(F& f, Participant& v) {
  f(1, v.person), f(2, v.role), f(3, v.state), f(4, v.identity), f(5, v.visitor_badge), f(6, v.visitor_badge_returned);
  f(7, v.nda), f(8, v.declared), f(9, v.devices), f(10, v.screening), f(11, v.in_area), f(12, v.checked_in_at);
  f(13, v.step_at), f(14, v.left_building_at);
}
template <class F>
void Fields(F& f, Visit& v) {
  f(1, v.id), f(2, v.area), f(3, v.host), f(4, v.start), f(5, v.end), f(6, v.state), f(7, v.participants);
  f(8, v.incidents), f(9, v.created_at), f(10, v.opened_at), f(11, v.started_at), f(12, v.ended_at), f(13, v.closed_at);
}
template <class F>
void Fields(F& f, BandReading& v) {
  f(1, v.band), f(2, v.attenuation_db);
}
template <class F>
void Fields(F& f, Probe& v) {
  f(1, v.readings), f(2, v.reachable), f(3, v.required_db), f(4, v.instrument), f(5, v.slot), f(6, v.at), f(7, v.passed);
}
template <class F>
void Fields(F& f, Custody& v) {
  f(1, v.locker), f(2, v.slot), f(3, v.seal), f(4, v.sealed_at), f(5, v.photo_digests), f(6, v.condition);
  f(7, v.probes), f(8, v.verified_at), f(9, v.ended_at), f(10, v.return_condition);
}
template <class F>
void Fields(F& f, Device& v) {
  f(1, v.id), f(2, v.visit), f(3, v.participant), f(4, v.kind), f(5, v.description), f(6, v.condition), f(7, v.state);
  f(8, v.declared_at), f(9, v.custody);
}
template <class F>
void Fields(F& f, Slot& v) {
  f(1, v.locker), f(2, v.number), f(3, v.device), f(4, v.probe_failures), f(5, v.out_of_service), f(6, v.door);
  f(7, v.load);
}
template <class F>
void Fields(F& f, SealUse& v) {
  f(1, v.device), f(2, v.visit), f(3, v.slot), f(4, v.at);
}
template <class F>
void Fields(F& f, LockerTest& v) {
  f(1, v.locker), f(2, v.at), f(3, v.passed);
}
template <class F>
void Fields(F& f, Incident& v) {
  f(1, v.id), f(2, v.kind), f(3, v.visit), f(4, v.person), f(5, v.device), f(6, v.object), f(7, v.opened_at);
  f(8, v.closed_at), f(9, v.finding), f(10, v.resolved_by), f(11, v.second);
}

}  // namespace sallyport::quarantine

namespace sallyport::alarms {

template <class F>
void Fields(F& f, Note& v) {
  f(1, v.author), f(2, v.at), f(3, v.text);
}
template <class F>
void Fields(F& f, Alarm& v) {
  f(1, v.id), f(2, v.kind), f(3, v.priority), f(4, v.object), f(5, v.person), f(6, v.state), f(7, v.raised_at);
  f(8, v.last_at), f(9, v.count), f(10, v.facts), f(11, v.acknowledged_at), f(12, v.acknowledged_by);
  f(13, v.resolved_at), f(14, v.resolved_by), f(15, v.notes);
}

}  // namespace sallyport::alarms

namespace sallyport::operators {

template <class F>
void Fields(F& f, Operator& v) {
  f(1, v.id), f(2, v.name), f(3, v.kind), f(4, v.roles), f(5, v.status);
}
template <class F>
void Fields(F& f, ApiToken& v) {
  f(1, v.id), f(2, v.operator_id), f(3, v.digest), f(4, v.created), f(5, v.expires), f(6, v.revoked);
}

}  // namespace sallyport::operators

namespace sallyport::engine {

template <class F>
void Fields(F& f, PolicyBook::Entry& v) {
  f(1, v.files), f(2, v.proposed_at), f(3, v.activated_at);
}
template <class F>
void Fields(F& f, Erasure& v) {
  f(1, v.record), f(2, v.at), f(3, v.finished);
}
template <class F>
void Fields(F& f, EngineMemo& v) {
  f(1, v.origin), f(2, v.clock_from_requests), f(3, v.random_position);
}

// The order of activation, newest last.
struct Activations {
  std::vector<std::string> hashes;
};
template <class F>
void Fields(F& f, Activations& v) {
  f(1, v.hashes);
}

}  // namespace sallyport::engine
