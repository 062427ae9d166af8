#pragma once

#include <string>
#include <vector>

#include "cedar/authorizer.h"
#include "cedar/entity_store.h"

// What cedar_bench.cc asks about.
namespace sallyport::bench {

// A policy set, entities and requests, every one of which is permitted.
struct World {
  std::string name;
  cedar::PolicySet policies;
  cedar::EntityStore entities;
  std::vector<cedar::Request> requests;
};

// One policy: whoever is in a role may act.
World RoleLookup();
// `links` links of one template, each for one team and one zone.
cedar::PolicySet Links(int links);
// That, and `requests` different people at different doors, spread over the teams: one link applies to each.
World TemplateLinks(int links, int requests);
// A person below and a door below `levels` groups, one in the other, and twelve policies, one of them for the two
// uppermost groups.
World Chain(int levels);
// A person in `groups` groups, and twelve policies, one of them for one of the groups.
World FanOut(int groups);

// Cedar text of `policies` policies, each for one role and one area, with a condition.
std::string PolicyTexts(int policies);

// The entities that answering may ask about: those of the request, those above them, and those that the attributes of
// these name.
cedar::EntityStore Slice(const cedar::EntityStore& entities, const cedar::Request& request);

}  // namespace sallyport::bench
