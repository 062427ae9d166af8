#pragma once

#include "facility/event.h"
#include "facility/model.h"

// What a facility file would say about a thing: each of its keys with its value, empty where it would be left out. Two
// things that are described alike are the same as far as the file goes; state is not described. Of use to this room
// only.
namespace sallyport::facility {

Pairs Describe(const Site& site);
Pairs Describe(const Floor& floor);
Pairs Describe(const Area& area);
Pairs Describe(const AccessPoint& point);
Pairs Describe(const Schedule& schedule);
Pairs Describe(const AccessLevel& level);
Pairs Describe(const Locker& locker);
Pairs Describe(const Person& person);
Pairs Describe(const Credential& credential);

}  // namespace sallyport::facility
