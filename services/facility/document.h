#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "facility/model.h"

// The facility file: one YAML document that describes a whole facility. docs/facility-file.md is its reference.
namespace sallyport::facility {

// What a document says, in the order written. Only what the file declares: fields that are state (door modes, threat
// levels, blinds) have their defaults.
struct Document {
  std::vector<Site> sites;
  std::vector<Floor> floors;
  std::vector<Area> areas;
  std::vector<AccessPoint> access_points;
  std::vector<Schedule> schedules;
  std::vector<AccessLevel> levels;
  std::vector<Locker> lockers;
  std::vector<Person> people;           // optional; see Apply in plan.h
  std::vector<Credential> credentials;  // of these people
  std::string hash;                     // SHA-256 (hex) of the text
};

// Parses and checks a document. Strict: unknown keys, duplicate keys, duplicate ids, wrong types, values out of range,
// references to what is not in the document, areas nested in a circle or too deep are errors. INVALID_ARGUMENT lists
// every problem found (at most kProblemsMax), one a line, as "file:line: key: what is wrong, what was expected".
// `file_name` is for messages.
absl::StatusOr<Document> ParseDocument(absl::string_view text, absl::string_view file_name);

}  // namespace sallyport::facility
