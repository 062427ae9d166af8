#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

// Everything in this room that has a limit, with its reason. Breaking one is INVALID_ARGUMENT naming the field, or
// RESOURCE_EXHAUSTED where the number of things that already exist is what is too large.
namespace sallyport::quarantine {

inline constexpr size_t kParticipantsMax = 32;  // a panel interview is ten; a visit is one value, copied on change
inline constexpr size_t kDevicesPerParticipantMax = 16;  // as many as a desk can bag for one person
inline constexpr size_t kVisitsPerPersonMax = 64;   // kept in the index of a person; the oldest finished one leaves it
inline constexpr size_t kBandsPerProbeMax = 32;     // bands of a handheld meter
inline constexpr size_t kPhotosMax = 8;             // digests a seal or a return
inline constexpr size_t kProbesPerCustodyMax = 64;  // kept with the device; every probe is in the log
inline constexpr size_t kIncidentsPerVisitMax = 256;  // a desk that gets here needs a new visit, not one more
inline constexpr size_t kTextBytesMax = 500;          // a description, condition or reason
inline constexpr size_t kSealCharactersMax = 32;      // letters, digits and '-': what is printed on a bag
inline constexpr size_t kNameCharactersMax = 64;      // instrument, band, digest

inline constexpr absl::Duration kCheckInEarlyMax = absl::Hours(2);  // before the window
inline constexpr absl::Duration kGrace = absl::Minutes(15);         // after the window, doors still open to the visit
inline constexpr absl::Duration kWindowMax = absl::Hours(12);       // an interview is a day at most; so is custody
inline constexpr absl::Duration kPlannedAheadMax = absl::Hours(24 * 366);
inline constexpr absl::Duration kSelfTestAgeMax = absl::Hours(8);  // of a locker's, when the window starts

inline constexpr int32_t kProbeFailuresMax = 2;   // in one slot in a row; then it goes out of service
inline constexpr double kAttenuationDbMax = 200;  // above it the reading is a mistake: no instrument measures that

}  // namespace sallyport::quarantine
