#pragma once

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cedar/authorizer.h"
#include "cedar/entity_json.h"
#include "cedar/entity_store.h"
#include "cedar/schema.h"
#include "cedar/validator.h"
#include "check.h"

// A small world with something of everything that a schema can say.
namespace fuzz {

inline const cedar::Schema& TheSchema() {
  static const cedar::Schema* const schema = new cedar::Schema(cedar::Schema::Parse(R"(
    entity G;
    entity A in [G, A] = {
      l: Long, s?: String, b?: Bool, e?: A, g: G, d?: decimal, i?: ipaddr, t?: datetime, u?: duration,
      S: Set<Long>, SE: Set<A>, r: { x: Long, y?: A, z?: { q?: Long } }, c?: C
    } tags Long;
    entity C enum ["r", "g"];
    action top;
    action x, y in [top] appliesTo { principal: A, resource: [A, C], context: {
      e?: A, n?: Long, b: Bool, s: Set<String>, d: decimal, i?: ipaddr, t: datetime, u: duration } };
  )")
                                                                   .value());
  return *schema;
}

inline const cedar::EntityStore& Entities() {
  static const auto* const store = new cedar::EntityStore(cedar::ParseEntitiesJson(R"([
    {"uid": {"type": "A", "id": "full"}, "parents": [{"type": "G", "id": "g"}, {"type": "A", "id": "bare"}],
     "tags": {"t": 1, "": 2},
     "attrs": {"l": 9223372036854775807, "s": "text", "b": true, "e": {"type": "A", "id": "bare"},
       "g": {"type": "G", "id": "g"}, "d": "1.5", "i": "10.0.0.1", "t": "2024-02-29", "u": "1h", "S": [1, 2],
       "SE": [{"type": "A", "id": "full"}], "r": {"x": 1, "y": {"type": "A", "id": "gone"}, "z": {"q": 1}},
       "c": {"type": "C", "id": "r"}}},
    {"uid": {"type": "A", "id": "bare"}, "parents": [],
     "attrs": {"l": -1, "g": {"type": "G", "id": "gone"}, "S": [], "SE": [], "r": {"x": 0}}},
    {"uid": {"type": "G", "id": "g"}, "parents": [], "attrs": {}}])",
                                                                                   &TheSchema())
                                                              .value());
  return *store;
}

inline const std::vector<cedar::Request>& Requests() {
  static const auto* const requests = [] {
    auto* all = new std::vector<cedar::Request>;
    const cedar::EntityUid x("Action", "x");
    for (const char* context :
         {R"({"b": true, "s": [], "d": "0.0", "t": "1970-01-01", "u": "0ms"})",
          R"({"b": false, "s": ["a"], "d": "-1.5", "t": "9999-12-31", "u": "9223372036854775807ms", "n": 1,
                 "e": {"type": "A", "id": "full"}, "i": "::1"})"}) {
      for (const char* principal : {"full", "bare", "gone"}) {
        for (const cedar::EntityUid& resource : {cedar::EntityUid("A", "full"), cedar::EntityUid("C", "g")}) {
          all->push_back({cedar::EntityUid("A", principal), x, resource,
                          cedar::ParseContextJson(context, &TheSchema(), x).value()});
          Check(cedar::ValidateRequest(TheSchema(), all->back()).ok(), "the request is not valid");
        }
      }
    }
    return all;
  }();
  return *requests;
}

// Where the text is policies that validate: that none of them fails, but for overflow and entities that do not exist,
// and that the index changes no answer.
inline void CheckPolicies(const std::string& text) {
  const auto policies = cedar::PolicySet::Parse(text);
  if (!policies.ok()) return;
  if (!cedar::ToStatus(cedar::ValidatePolicies(TheSchema(), *policies)).ok()) return;
  for (const cedar::Request& request : Requests()) {
    const cedar::Response with = cedar::Authorize(*policies, request, Entities());
    const cedar::Response without = cedar::Authorize(*policies, request, Entities(), {.use_index = false});
    Check(with.decision == without.decision && with.reasons == without.reasons, "the index changes the answer", text);
    for (const cedar::PolicyError& error : with.errors) {
      Check(absl::StrContains(error.message, "overflow") || absl::StrContains(error.message, "does not exist"),
            "a valid policy fails", absl::StrCat(error.message, "\n", text));
    }
  }
}

}  // namespace fuzz
