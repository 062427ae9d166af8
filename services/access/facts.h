#pragma once

#include <string>

#include "access/case.h"

namespace sallyport::access {

// All that a decision followed from, as compact JSON whose bytes depend on nothing else: what policies can see, in the
// schema's words, and what the rules outside the policies found. RecordedDecision reads it back (recorded.h). Personal.
//
//   {"principal":{"id","staff",…,"levels":[…],"briefings":{…}},"action":"enter",
//    "resource":{"id","from","pinRequired","areas":[inner first],"floor","site"},
//    "area":{"id","restricted",…},"context":{…},"visit":{"id","state"},"escort":"…",
//    "links":["access-level:staff:lobby",…],"laterLevels":["staff@office"],
//    "entities":{"Area::\"lobby\"":{"attributes":{…},"in":[…]},…},
//    "rules":{"unlocked":true,"before":[…],"firm":true,"after":[…],"notes":[…],"pair":"second"}}
//
// Attributes are named as in the schema, those that are absent there are absent here; datetimes are RFC 3339 in UTC
// with milliseconds, durations milliseconds ("86400000ms"). `visit` and `escort` stand only where there is one.
//  - links: the entries of the person's levels that open this access point at some hour, as policies' ids.
//  - laterLevels: the levels that the person would be in at another hour.
//  - entities: the area that the access point leads out of, and whatever else the policies asked about; null where
//  there
//    is no such thing. Other people are left out: what is known of them is not sealed with their keys here.
//  - rules: reasons that were known before the policies were asked, reasons of the rules after them, and notes; what is
//    empty or false is left out.
std::string FactsJson(const Case& c, bool second_of_two);

}  // namespace sallyport::access
