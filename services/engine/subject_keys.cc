#include "engine/subject_keys.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace sallyport::engine {

absl::StatusOr<KeyDisagreements> LoadSubjectKeys(storage::Store& store, State& state) {
  KeyDisagreements out;
  absl::flat_hash_map<std::string, std::optional<std::string>> keys;
  SP_RETURN_IF_ERROR(store.ForEachSubjectKey([&](const storage::SubjectKey& key) {
    if (key.wrapped.has_value() && state.erasures.Contains(key.subject_ref)) {
      out.undead.push_back({key.subject_ref, std::nullopt});
    } else {
      keys[key.subject_ref] = key.wrapped;
    }
  }));
  size_t missing = 0;
  std::vector<facility::Person> people;
  state.facility.people.ForEach([&](const PersonId& id, const facility::Person& person) {
    if (person.subject_ref.empty()) return;
    const auto key = keys.find(person.subject_ref);
    if (key == keys.end()) {
      ++missing;
    } else if (key->second.has_value()) {
      people.push_back(person);
      people.back().wrapped_key = *std::move(key->second);
    } else {
      out.destroyed.push_back(id);
    }
  });
  if (missing > 0) {
    return absl::FailedPreconditionError(absl::StrCat("the file of subject keys has no key for ", missing, " of ",
                                                      state.facility.people.size(),
                                                      " people: it is older than the database, or another database's"));
  }
  for (const facility::Person& person : people) state.facility.people.Put(person.id, person);
  std::sort(out.destroyed.begin(), out.destroyed.end());
  return out;
}

}  // namespace sallyport::engine
