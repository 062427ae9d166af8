#include "quarantine/model.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "quarantine/guards.h"

namespace sallyport::quarantine {

std::string SlotKey(const LockerId& locker, int32_t slot) { return absl::StrCat(locker.value(), "/", slot); }

void RebuildIndex(State& state) {
  std::vector<const Visit*> visits;
  visits.reserve(state.visits.size());
  state.visits.ForEach([&](const VisitId&, const Visit& visit) { visits.push_back(&visit); });
  std::sort(visits.begin(), visits.end(), [](const Visit* a, const Visit* b) {
    return std::tie(a->created_at, a->id) < std::tie(b->created_at, b->id);
  });
  state.visits_of = {};
  for (const Visit* visit : visits) {
    for (const Participant& participant : visit->participants) AddToIndex(state, participant.person, visit->id);
  }
}

const Participant* FindParticipant(const Visit& visit, const PersonId& person) {
  for (const Participant& participant : visit.participants) {
    if (participant.person == person) return &participant;
  }
  return nullptr;
}

}  // namespace sallyport::quarantine
