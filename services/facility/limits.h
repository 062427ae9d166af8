#pragma once

#include <cstddef>
#include <cstdint>

// Everything in this room that has a limit, with its reason. Breaking one is INVALID_ARGUMENT naming the field.
namespace sallyport::facility {

inline constexpr size_t kIdCharactersMax = 64;  // fits a display, a log line and a door's label

// Of things and people. Text is UTF-8 without control characters.
inline constexpr size_t kNameBytesMax = 200;
inline constexpr size_t kTimeZoneCharactersMax = 64;
inline constexpr size_t kEmailBytesMax = 254;  // RFC 5321, section 4.5.3.1.3, without the angle brackets
inline constexpr uint32_t kCardBitsMax = 512;  // as the readers

inline constexpr int32_t kClearanceMax = 100;                 // no scheme in use has more than a dozen grades
inline constexpr int32_t kBriefingDaysMax = 3650;             // older than ten years is the same as never
inline constexpr int32_t kUnlockSecondsMax = 255;             // one byte at the door controller
inline constexpr int32_t kTwoPersonSecondsMax = 300;          // later than that the second did not come with the first
inline constexpr int32_t kVisualSecuritySecondsMax = 86'400;  // a confirmation is good for a day at most
inline constexpr int32_t kOccupancyMax = 1'000'000;
inline constexpr int32_t kFloorLevelMax = 999;    // above and below ground
inline constexpr int32_t kSlotsMax = 1000;        // of one locker
inline constexpr double kAttenuationDbMax = 200;  // no instrument measures more
inline constexpr int kAreaDepthMax = 16;          // areas in areas; a decision walks outwards

// Of one person: a person is one value, copied on change.
inline constexpr size_t kProjectsMax = 64;
inline constexpr size_t kBriefingsMax = 64;
inline constexpr size_t kLevelsPerPersonMax = 64;

// Of one thing.
inline constexpr size_t kIntervalsMax = 64;    // of a schedule
inline constexpr size_t kEntriesMax = 1000;    // of an access level
inline constexpr size_t kHolidaysMax = 4000;   // of a site: ten years of every day
inline constexpr size_t kCardFormatsMax = 16;  // that one reader sends
inline constexpr size_t kLiftFloorsMax = 200;

// Of the whole facility file.
inline constexpr size_t kDocumentBytesMax = 64u << 20;
inline constexpr size_t kDocumentNodesMax = 4'000'000;  // values, aliases counted with what they stand for; some 0.3 GB
inline constexpr int kDocumentDepthMax = 16;            // the deepest key is at 6
inline constexpr size_t kThingsMax = 100'000;           // of each kind but people
inline constexpr size_t kPeopleMax = 200'000;           // more come in through the directory
inline constexpr size_t kCredentialsMax = 16;           // of one person in the file
inline constexpr size_t kProblemsMax = 50;              // reported at once; nobody reads more

}  // namespace sallyport::facility
