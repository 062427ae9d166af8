#pragma once

#include "access/case.h"
#include "access/decision.h"

// The rules that depend on who is where: anti-passback, occupancy, pairs. They add to the case what they find.
namespace sallyport::access {

// Entering an area that one is in already, or leaving one that one is not in, contradicts the doors' records: refused
// on the way in where the area says "hard", otherwise noted, with an alarm.
void CheckAntiPassback(const State& state, Case& c);

// Entering: the areas entered must have room, for a pair the room of two, and for those already granted at this door.
// Leaving: noted, with an alarm, where fewer than the minimum (but not none) would stay.
void CheckOccupancy(const State& state, Case& c);

enum class PairStep { kFirst, kSecond };

// What a read is in a two-person entry: the second when somebody else, who still may enter, was first here within the
// area's window. Notes a window that ran out.
PairStep PairStepOf(const State& state, Case& c);

}  // namespace sallyport::access
