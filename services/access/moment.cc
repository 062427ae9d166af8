#include "access/moment.h"

#include <array>
#include <utility>
#include <vector>

#include "access/entities.h"
#include "access/recent.h"

namespace sallyport::access {
namespace {

using cedar::RecordField;
using cedar::Value;

// Indexed by absl::Weekday, which begins with Monday.
constexpr std::array<absl::string_view, 7> kWeekdays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

template <class... Fields>
Value Record(Fields&&... fields) {
  std::vector<RecordField> list;
  list.reserve(sizeof...(fields));
  (list.push_back(std::forward<Fields>(fields)), ...);
  return Value::Record(std::move(list));
}

Value LocalOf(const Moment& moment) {
  const absl::CivilMinute& local = moment.local;
  const auto weekday = static_cast<size_t>(absl::GetWeekday(local));
  return Record(RecordField{"holiday", Value::Bool(moment.holiday)},
                RecordField{"minute", Value::Long(local.hour() * 60 + local.minute())},
                RecordField{"weekday", Value::BorrowedString(kWeekdays[weekday])});
}

Value VisitOf(const VisitFacts& visit) {
  return Record(RecordField{"active", Value::Bool(visit.active)}, RecordField{"cleared", Value::Bool(visit.cleared)},
                RecordField{"devicesDeclared", Value::Bool(visit.devices_declared)},
                RecordField{"devicesInCustody", Value::Bool(visit.devices_in_custody)},
                RecordField{"incident", Value::Bool(visit.incident)},
                RecordField{"scheduledNow", Value::Bool(visit.scheduled_now)});
}

PersonId EscortBeside(const Place& place, const facility::Person& person, const VisitFacts& visit, absl::Time now,
                      const State& state) {
  for (const PersonId* escort : {&person.escort, &visit.host}) {
    if (*escort != person.id && GrantedBeside(state, place.access_point->id, *escort, now)) return *escort;
  }
  return PersonId();
}

}  // namespace

Moment MomentOf(const World& world, const Place& place, const facility::Person& person, bool pin_verified,
                const State& state) {
  Moment moment;
  moment.now = world.now;
  moment.local = absl::CivilMinute(place.zone.At(world.now).cs);
  moment.holiday = place.site != nullptr && place.site->holidays.count(absl::CivilDay(moment.local)) > 0;
  moment.blinds_down = BlindsDown(place.to, world.now);
  const Presence* presence = state.presence.Find(person.id);
  moment.inside = presence != nullptr && IsWithin(world.facility, presence->area, place.area().id);
  const int32_t* occupancy = state.occupancy.Find(place.area().id);
  moment.occupancy = occupancy != nullptr ? *occupancy : 0;
  moment.pin_verified = pin_verified;
  moment.visit = world.visit_facts(person.id, place.interview != nullptr ? *place.interview : place.area());
  moment.escort_beside = EscortBeside(place, person, moment.visit, world.now, state);
  if (const facility::Person* escort = world.facility.people.Find(moment.escort_beside)) {
    moment.escort_subject = escort->subject_ref;
  }
  return moment;
}

Value ContextOf(const Moment& moment, const Place& place) {
  std::vector<RecordField> fields;
  fields.reserve(9);
  fields.push_back({"blindsDown", Value::Bool(moment.blinds_down)});
  fields.push_back({"escortBeside", Value::Bool(!moment.escort_beside.empty())});
  fields.push_back({"inside", Value::Bool(moment.inside)});
  fields.push_back({"local", LocalOf(moment)});
  fields.push_back({"now", Datetime(moment.now)});
  fields.push_back({"occupancy", Value::Long(moment.occupancy)});
  fields.push_back({"pinVerified", Value::Bool(moment.pin_verified)});
  fields.push_back({"threatLevel", Value::BorrowedString(Name(place.threat_level))});
  if (moment.visit.expected) fields.push_back({"visit", VisitOf(moment.visit)});
  return Value::Record(std::move(fields));
}

}  // namespace sallyport::access
