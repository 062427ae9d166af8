#include "engine/rows.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "alarms/alarms.h"
#include "base/status.h"
#include "engine/row_fields.h"

namespace sallyport::engine {
namespace {

constexpr char kEngineTable[] = "engine";
constexpr char kMemoKey[] = "memo";
constexpr char kActivationsKey[] = "policies_activated";
constexpr char kDocumentKey[] = "facility_document_hash";
constexpr char kPolicySetTable[] = "policy_set";

const std::string& KeyText(const std::string& key) { return key; }
template <class Tag>
const std::string& KeyText(const Id<Tag>& key) {
  return key.value();
}

// Every stored map with its table's name. Derived maps are not here: they are rebuilt.
template <class S, class V>
void ForEachTable(S& s, V&& visit) {
  visit("site", s.facility.sites);
  visit("floor", s.facility.floors);
  visit("area", s.facility.areas);
  visit("access_point", s.facility.access_points);
  visit("schedule", s.facility.schedules);
  visit("access_level", s.facility.levels);
  visit("locker", s.facility.lockers);
  visit("person", s.facility.people);
  visit("credential", s.facility.credentials);
  visit("presence", s.access.presence);
  visit("pair", s.access.pairs);
  visit("recent_grants", s.access.recent);
  visit("pin_failures", s.access.pin_failures);
  visit("visit", s.quarantine.visits);
  visit("device", s.quarantine.devices);
  visit("slot", s.quarantine.slots);
  visit("seal", s.quarantine.seals);
  visit("locker_test", s.quarantine.locker_tests);
  visit("incident", s.quarantine.incidents);
  visit("alarm", s.alarms.alarms);
  visit("operator", s.operators.operators);
  visit("api_token", s.operators.tokens);
}

template <class Key, class T>
void DiffTable(const char* table, const PersistentMap<Key, T>& before, const PersistentMap<Key, T>& after,
               std::vector<storage::Row>& rows) {
  PersistentMap<Key, T>::Diff(before, after, [&](const Key& key, const T*, const T* now) {
    storage::Row row{table, KeyText(key), std::nullopt};
    if (now) row.value = Encode(*now);
    rows.push_back(std::move(row));
  });
}

void DiffPolicyBook(const PolicyBook& before, const PolicyBook& after, std::vector<storage::Row>& rows) {
  for (const auto& [hash, entry] : after.sets) {
    const auto old = before.sets.find(hash);
    if (old == before.sets.end() || old->second != entry) rows.push_back({kPolicySetTable, hash, Encode(*entry)});
  }
  for (const auto& [hash, entry] : before.sets) {
    if (!after.sets.contains(hash)) rows.push_back({kPolicySetTable, hash, std::nullopt});
  }
  if (before.activated != after.activated) {
    rows.push_back({kEngineTable, kActivationsKey, Encode(Activations{after.activated})});
  }
}

template <class Key, class T>
absl::Status LoadTable(storage::Store& store, const char* table, PersistentMap<Key, T>& map) {
  return store.ForEachRow(table, [&](absl::string_view key, absl::string_view bytes) {
    T value;
    if (!Decode(bytes, value)) return absl::DataLossError(absl::StrCat("stored row ", table, "/", key, ": unreadable"));
    map.Put(Key(key), std::move(value));
    return absl::OkStatus();
  });
}

absl::Status LoadPolicyBook(storage::Store& store, State& state) {
  auto book = std::make_shared<PolicyBook>();
  SP_RETURN_IF_ERROR(store.ForEachRow(kPolicySetTable, [&](absl::string_view hash, absl::string_view bytes) {
    auto entry = std::make_shared<PolicyBook::Entry>();
    if (!Decode(bytes, *entry)) return absl::DataLossError(absl::StrCat("stored policy set ", hash, ": unreadable"));
    book->sets[std::string(hash)] = std::move(entry);
    return absl::OkStatus();
  }));
  state.policy_book = std::move(book);
  return absl::OkStatus();
}

void RebuildDerived(State& state) {
  state.facility.credentials.ForEach([&](const CredentialId& id, const facility::Credential& credential) {
    if (credential.status == facility::CredentialStatus::kActive ||
        !state.facility.credential_by_card.Contains(credential.card.Key())) {
      state.facility.credential_by_card.Put(credential.card.Key(), id);
    }
  });
  state.facility.people.ForEach([&](const PersonId& id, const facility::Person& person) {
    if (!person.subject_ref.empty()) state.person_by_subject.Put(person.subject_ref, id);
  });
  access::RebuildOccupancy(state.facility, state.access);
  quarantine::RebuildIndex(state.quarantine);
  alarms::RebuildIndex(state.alarms);
}

}  // namespace

std::vector<storage::Row> DiffRows(const State& before, const State& after) {
  std::vector<storage::Row> rows;
  // Both states are walked by the same list of tables; the second walk is told by position.
  std::vector<const void*> befores;
  ForEachTable(before, [&](const char*, const auto& map) { befores.push_back(&map); });
  size_t i = 0;
  ForEachTable(after, [&]<class Map>(const char* table, const Map& map) {
    DiffTable(table, *static_cast<const Map*>(befores[i++]), map, rows);
  });
  if (before.policy_book != after.policy_book) DiffPolicyBook(*before.policy_book, *after.policy_book, rows);
  if (before.facility.document_hash != after.facility.document_hash) {
    rows.push_back({kEngineTable, kDocumentKey, after.facility.document_hash});
  }
  return rows;
}

storage::Row MemoRow(const EngineMemo& memo) { return {kEngineTable, kMemoKey, Encode(memo)}; }

absl::Status LoadState(storage::Store& store, State& state, EngineMemo& memo) {
  absl::Status status;
  ForEachTable(state, [&](const char* table, auto& map) {
    if (status.ok()) status = LoadTable(store, table, map);
  });
  SP_RETURN_IF_ERROR(status);
  SP_RETURN_IF_ERROR(LoadPolicyBook(store, state));
  SP_RETURN_IF_ERROR(store.ForEachRow(kEngineTable, [&](absl::string_view key, absl::string_view bytes) {
    if (key == kDocumentKey) {
      state.facility.document_hash = std::string(bytes);
      return absl::OkStatus();
    }
    Activations activations;
    const bool read = key == kMemoKey ? Decode(bytes, memo) : Decode(bytes, activations);
    if (!read) return absl::DataLossError(absl::StrCat("stored row engine/", key, ": unreadable"));
    if (key == kActivationsKey) {
      auto book = std::make_shared<PolicyBook>(*state.policy_book);
      book->activated = std::move(activations.hashes);
      state.policy_book = std::move(book);
    }
    return absl::OkStatus();
  }));
  RebuildDerived(state);
  return absl::OkStatus();
}

}  // namespace sallyport::engine
