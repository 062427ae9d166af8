#pragma once

#include <cstddef>

// Limits of this room. The number of open alarms needs none of its own: while an alarm is open, its kind and object
// occur once, and both come from what the facility has registered.
namespace sallyport::alarms {

inline constexpr size_t kNotesMax = 64;         // an alarm; the log keeps that a note was made
inline constexpr size_t kNoteBytesMax = 1000;   // a paragraph
inline constexpr size_t kDetailBytesMax = 256;  // of a device event: a slot, a fault code
inline constexpr size_t kObjectBytesMax = 160;  // two ids and a separator

}  // namespace sallyport::alarms
