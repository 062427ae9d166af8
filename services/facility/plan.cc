#include "facility/plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "facility/describe.h"

namespace sallyport::facility {
namespace {

// What a thing becomes: as the document has it, with the state that it has now. `now` may be null.
Site Merge(Site wanted, const Site* now) {
  if (now != nullptr) wanted.threat_level = now->threat_level;
  return wanted;
}
Floor Merge(Floor wanted, const Floor*) { return wanted; }
Area Merge(Area wanted, const Area* now) {
  if (now == nullptr) return wanted;
  wanted.visual_security_confirmed = now->visual_security_confirmed;
  wanted.visual_security_at = now->visual_security_at;
  return wanted;
}
AccessPoint Merge(AccessPoint wanted, const AccessPoint* now) {
  if (now != nullptr) wanted.mode = now->mode;
  return wanted;
}
Schedule Merge(Schedule wanted, const Schedule*) { return wanted; }
AccessLevel Merge(AccessLevel wanted, const AccessLevel*) { return wanted; }
Locker Merge(Locker wanted, const Locker* now) {
  if (now != nullptr) wanted.self_test_at = now->self_test_at;
  return wanted;
}
Person Merge(Person wanted, const Person* now) {
  if (now == nullptr) return wanted;
  wanted.status = now->status;
  wanted.pin_digest = now->pin_digest;
  wanted.subject_ref = now->subject_ref;
  wanted.wrapped_key = now->wrapped_key;
  for (const auto& [briefing, given] : now->briefings) {
    const auto [held, is_new] = wanted.briefings.emplace(briefing, given);
    if (!is_new) held->second = std::max(held->second, given);
  }
  return wanted;
}
Credential Merge(Credential wanted, const Credential* now) {
  if (now != nullptr) wanted.status = now->status;
  return wanted;
}

template <class Key, class T>
struct Target {
  std::map<Key, T> put;      // new, or different
  std::vector<Key> removed;  // sorted
};

template <class Key, class T>
Target<Key, T> TargetOf(const std::vector<T>& wanted, const PersistentMap<Key, T>& now, bool complete) {
  Target<Key, T> target;
  std::set<Key> named;
  for (const T& thing : wanted) {
    named.insert(thing.id);
    const T* old = now.Find(thing.id);
    T merged = Merge(thing, old);
    if (old == nullptr || Describe(merged) != Describe(*old)) target.put.emplace(thing.id, std::move(merged));
  }
  if (!complete) return target;
  now.ForEach([&](const Key& id, const T&) {
    if (named.count(id) == 0) target.removed.push_back(id);
  });
  std::sort(target.removed.begin(), target.removed.end());
  return target;
}

bool HasLeft(const State& state, const PersonId& id) {
  const Person* person = state.people.Find(id);
  return person != nullptr && person->status == PersonStatus::kLeft;
}

// Whoever has left stays as they are, whatever the document says.
Target<PersonId, Person> PeopleOf(const Document& document, const State& state) {
  auto target = TargetOf(document.people, state.people, false);
  std::erase_if(target.put, [&](const auto& entry) { return HasLeft(state, entry.first); });
  return target;
}

Target<CredentialId, Credential> CredentialsOf(const Document& document, const State& state) {
  auto target = TargetOf(document.credentials, state.credentials, false);
  std::erase_if(target.put, [&](const auto& entry) { return HasLeft(state, entry.second.person); });
  return target;
}

std::vector<Change::Field> Differences(const Pairs& before, const Pairs& after) {
  std::vector<Change::Field> fields;
  for (size_t i = 0; i < after.size(); ++i) {
    if (before[i].second != after[i].second) {
      fields.push_back({after[i].first, before[i].second, after[i].second});
    }
  }
  return fields;
}

template <class Key, class T>
void List(absl::string_view kind, const Target<Key, T>& target, const PersistentMap<Key, T>& now,
          std::vector<Change>& out) {
  const size_t first = out.size();
  for (const auto& [id, thing] : target.put) {
    Change change{Change::Action::kAdd, std::string(kind), id.value(), {}};
    if (const T* old = now.Find(id)) {
      change.action = Change::Action::kUpdate;
      change.fields = Differences(Describe(*old), Describe(thing));
    }
    out.push_back(std::move(change));
  }
  for (const Key& id : target.removed) out.push_back({Change::Action::kRemove, std::string(kind), id.value(), {}});
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
            [](const Change& a, const Change& b) { return a.id < b.id; });
}

template <class Key, class T>
void Make(const Target<Key, T>& target, PersistentMap<Key, T>& now) {
  for (const auto& [id, thing] : target.put) now.Put(id, thing);
  for (const Key& id : target.removed) now.Erase(id);
}

bool Holds(const Person& person, const std::set<AccessLevelId>& levels) {
  return std::any_of(person.levels.begin(), person.levels.end(),
                     [&levels](const LevelGrant& grant) { return levels.count(grant.level) > 0; });
}

absl::Status CheckLevelsThatGo(const std::set<AccessLevelId>& gone, const State& next) {
  std::set<PersonId> holders;
  next.people.ForEach([&](const PersonId& id, const Person& person) {
    if (person.status != PersonStatus::kLeft && Holds(person, gone)) holders.insert(id);
  });
  if (holders.empty()) return absl::OkStatus();
  const Person& first = *next.people.Find(*holders.begin());
  const auto grant = std::find_if(first.levels.begin(), first.levels.end(),
                                  [&gone](const LevelGrant& g) { return gone.count(g.level) > 0; });
  return absl::FailedPreconditionError(absl::StrCat(
      "access level \"", grant->level.value(), "\" is not in the document, but person \"", first.id.value(),
      "\" holds it", holders.size() > 1 ? " (and others hold levels that go)" : "", "; revoke it first"));
}

// People who have left do not keep a level in being.
void TakeFromThoseWhoLeft(const std::set<AccessLevelId>& gone, State& next) {
  std::vector<Person> changed;
  next.people.ForEach([&](const PersonId&, const Person& person) {
    if (Holds(person, gone)) changed.push_back(person);
  });
  for (Person& person : changed) {
    std::erase_if(person.levels, [&gone](const LevelGrant& grant) { return gone.count(grant.level) > 0; });
    next.people.Put(person.id, person);
  }
}

absl::Status MakeCredentials(const Target<CredentialId, Credential>& target, State& next) {
  for (const auto& [id, credential] : target.put) {
    if (const Credential* old = next.credentials.Find(id)) next.credential_by_card.Erase(old->card.Key());
  }
  for (const auto& [id, credential] : target.put) {
    const std::string key = credential.card.Key();
    if (const CredentialId* other = next.credential_by_card.Find(key)) {
      return absl::FailedPreconditionError(absl::StrCat("credential \"", id.value(), "\": card ", key,
                                                        " belongs to credential \"", other->value(), "\""));
    }
    next.credential_by_card.Put(key, id);
  }
  Make(target, next.credentials);
  return absl::OkStatus();
}

}  // namespace

absl::string_view Name(Change::Action action) {
  switch (action) {
    case Change::Action::kAdd:
      return "add";
    case Change::Action::kUpdate:
      return "update";
    case Change::Action::kRemove:
      return "remove";
  }
  return "";
}

std::vector<Change> Plan(const Document& document, const State& state) {
  std::vector<Change> changes;
  List("site", TargetOf(document.sites, state.sites, true), state.sites, changes);
  List("floor", TargetOf(document.floors, state.floors, true), state.floors, changes);
  List("area", TargetOf(document.areas, state.areas, true), state.areas, changes);
  List("access_point", TargetOf(document.access_points, state.access_points, true), state.access_points, changes);
  List("schedule", TargetOf(document.schedules, state.schedules, true), state.schedules, changes);
  List("access_level", TargetOf(document.levels, state.levels, true), state.levels, changes);
  List("locker", TargetOf(document.lockers, state.lockers, true), state.lockers, changes);
  List("person", PeopleOf(document, state), state.people, changes);
  List("credential", CredentialsOf(document, state), state.credentials, changes);
  return changes;
}

absl::Status Apply(const Document& document, State& state) {
  State next = state;
  const auto levels = TargetOf(document.levels, state.levels, true);
  Make(TargetOf(document.sites, state.sites, true), next.sites);
  Make(TargetOf(document.floors, state.floors, true), next.floors);
  Make(TargetOf(document.areas, state.areas, true), next.areas);
  Make(TargetOf(document.access_points, state.access_points, true), next.access_points);
  Make(TargetOf(document.schedules, state.schedules, true), next.schedules);
  Make(levels, next.levels);
  Make(TargetOf(document.lockers, state.lockers, true), next.lockers);
  Make(PeopleOf(document, state), next.people);
  SP_RETURN_IF_ERROR(MakeCredentials(CredentialsOf(document, state), next));
  if (!levels.removed.empty()) {
    const std::set<AccessLevelId> gone(levels.removed.begin(), levels.removed.end());
    SP_RETURN_IF_ERROR(CheckLevelsThatGo(gone, next));
    TakeFromThoseWhoLeft(gone, next);
  }
  next.document_hash = document.hash;
  state = std::move(next);
  return absl::OkStatus();
}

}  // namespace sallyport::facility
