#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "facility/document.h"
#include "facility/model.h"

// The difference between a document and the facility as it is, and making it. Sites, floors, areas, access points,
// schedules, levels and lockers become exactly those of the document. People and credentials of the document are added
// or updated; those that it does not name stay: the directory is theirs. Of a briefing in the document and one recorded
// since, the later counts. State (door modes, threat levels, blinds, self-tests, whether somebody is suspended or a
// credential lost, pseudonyms, keys, PINs) is kept. A person who has left stays as they are; so do their credentials.
namespace sallyport::facility {

struct Change {
  enum class Action { kAdd, kUpdate, kRemove };
  struct Field {
    std::string field;   // the document's key
    std::string before;  // as the document would write it; empty: absent
    std::string after;
  };
  Action action = Action::kAdd;
  std::string kind;  // "site", "floor", "area", "access_point", "schedule", "access_level", "locker", "person",
                     // "credential"
  std::string id;
  std::vector<Field> fields;  // of an update: those that differ
};

absl::string_view Name(Change::Action action);  // "add", "update", "remove"

// What Apply would change, in the order of the kinds above and of ids. Removals of people never occur.
std::vector<Change> Plan(const Document& document, const State& state);

// Makes the facility what the document says. FAILED_PRECONDITION, without any change, when a person that stays holds an
// access level that goes, or when a card of the document belongs to another credential. What other rooms know of things
// that go (people in an area, devices in a locker) is theirs to ask about first: `Plan` names what goes.
absl::Status Apply(const Document& document, State& state);

}  // namespace sallyport::facility
