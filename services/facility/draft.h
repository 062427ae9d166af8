#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/yaml.h"
#include "facility/document.h"

// A document while it is read: what its sections share. Of use to this room only.
namespace sallyport::facility {

// What an id in the file may refer to; the name of its section.
enum class Section {
  kSites,
  kFloors,
  kAreas,
  kAccessPoints,
  kSchedules,
  kAccessLevels,
  kLockers,
  kPeople,
  kCredentials
};

class Draft {
 public:
  explicit Draft(std::string file_name);

  yaml::Reader reader;
  Document document;
  absl::TimeZone zone;  // of the first site: what a date without a time of day means

  // Every entry of a section: `read` gets its id, which is well formed and new in that section, and a mapping.
  using ReadThing = std::function<void(const std::string& id, const yaml::Node& body, const std::string& key)>;
  void Things(const yaml::Node& node, const std::string& key, Section section, size_t things_max,
              const ReadThing& read);

  // Where an id of the document stands, and its key.
  int LineOf(Section section, const std::string& id) const;
  void Problem(Section section, const std::string& id, absl::string_view field, absl::string_view text);

  // Values. An id that refers to something is looked up by CheckReferences, when all of the file is known.
  template <class Tag>
  yaml::Reader::Field Reference(Id<Tag>& out, Section to, bool required = false) {
    return {[this, &out, to](const yaml::Node& node, const std::string& key) {
              std::string id;
              if (ReadId(node, key, id)) out = Id<Tag>(id), Refer(node, key, to, id);
            },
            required};
  }
  void Refer(const yaml::Node& node, const std::string& key, Section to, const std::string& id);
  bool ReadId(const yaml::Node& node, const std::string& key, std::string& out);
  yaml::Reader::Field Word(std::string& out);  // of the form of an id
  yaml::Reader::Field Text(std::string& out, size_t bytes_max);
  yaml::Reader::Field CardFormats(std::vector<std::string>& out);
  yaml::Reader::Field Real(double& out, double min, double max);
  template <class Enum>
  yaml::Reader::Field Choice(Enum& out, bool required = false);  // of names.h

  // "2026-12-31T18:00:00+09:00", or a date. A date alone is the first moment of that day, or, where it ends something,
  // the first moment after it.
  enum class Date { kBegins, kEnds };
  yaml::Reader::Field Time(absl::Time& out, Date date);

  void CheckReferences();

 private:
  struct Known {
    int line = 0;
    std::string key;
  };
  struct Ref {
    int line;
    std::string key;
    Section to;
    std::string id;
  };
  std::vector<absl::flat_hash_map<std::string, Known>> known_;  // by section
  std::vector<Ref> references_;
};

void ReadPlaces(Draft& draft, const yaml::Node& root);  // everything but people
void ReadPeople(Draft& draft, const yaml::Node& people, const std::string& key);
void CheckPlaces(Draft& draft);  // what the parts of a document ask of each other

}  // namespace sallyport::facility
