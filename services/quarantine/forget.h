#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "quarantine/model.h"

// Forgetting a person. What is over stays as evidence, under a pseudonym; what is not over stands against it.
namespace sallyport::quarantine {

// OK when the person may be forgotten. FAILED_PRECONDITION otherwise, with the reason:
//   VISIT_STATE           they take part in a visit, or host one, that is not over
//   DEVICE_IN_CUSTODY     a device of theirs is in custody (also when it is held or unclaimed)
//   QUARANTINE_INCIDENT   an incident about them or a device of theirs is open
absl::Status CheckMayForget(const State& state, const PersonId& person);

// Puts `alias` wherever the person stood. Their identity documents, badges, descriptions and conditions of devices and
// findings about them go; so does any finding for which `mentions` is true. Costs a look at every visit, device and
// incident. The caller has asked CheckMayForget.
void Forget(const PersonId& person, const PersonId& alias, const std::function<bool(absl::string_view)>& mentions,
            State& state);

}  // namespace sallyport::quarantine
