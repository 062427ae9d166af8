#include "audit/policy.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "audit/encoding.h"
#include "audit/limits.h"
#include "base/status.h"

namespace sallyport::audit {

class PolicyParser {
 public:
  absl::StatusOr<Policy> Parse(absl::string_view text) {
    if (text.size() > kPolicyBytesMax) {
      return absl::InvalidArgumentError(absl::StrCat("policy of ", text.size(), " bytes: at most ", kPolicyBytesMax));
    }
    size_t number = 0;
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      ++number;
      absl::Status status = Line(line);
      if (!status.ok()) return Annotate(status, absl::StrCat("policy line ", number));
    }
    if (!quorum_seen_) return absl::InvalidArgumentError("policy: expected exactly one quorum line");
    return std::move(policy_);
  }

 private:
  using Words = std::vector<absl::string_view>;

  static absl::Status Error(absl::string_view why) { return absl::InvalidArgumentError(why); }

  absl::Status Line(absl::string_view line) {
    for (char c : line) {
      const uint8_t byte = static_cast<uint8_t>(c);
      if ((byte < 0x20 && byte != '\t') || byte == 0x7F) return Error("contains a control character");
    }
    const Words words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.empty() || words[0][0] == '#') return absl::OkStatus();
    if (words[0] == "log") return LogLine(words);
    if (words[0] == "witness") return WitnessLine(words);
    if (words[0] == "group") return GroupLine(words);
    if (words[0] == "quorum") return QuorumLine(words);
    return Error(absl::StrCat("\"", absl::CHexEscape(words[0].substr(0, 40)),
                              "\": expected log, witness, group or quorum"));
  }

  absl::Status NewKey(absl::string_view vkey, KeyType type, std::vector<VerifierKey>& out) {
    SP_ASSIGN_OR_RETURN(VerifierKey key, VerifierKey::Parse(vkey));
    if (key.type() != type) {
      return Error(absl::StrCat("key ", vkey, ": expected type ", type == KeyType::kEd25519 ? "0x01" : "0x04"));
    }
    if (!public_keys_.insert(key.public_key()).second) {
      return Error(absl::StrCat("key ", vkey, ": its public key was given before"));
    }
    out.push_back(std::move(key));
    return absl::OkStatus();
  }

  absl::Status NewName(absl::string_view name, Policy::Node node) {
    if (name == "none") return Error("the name none is reserved");
    if (policy_.nodes_.size() == kPolicyNamesMax) return Error(absl::StrCat("more than ", kPolicyNamesMax, " names"));
    if (!names_.emplace(name, policy_.nodes_.size()).second) return Error(absl::StrCat("name ", name, " is taken"));
    node.name = std::string(name);
    policy_.nodes_.push_back(std::move(node));
    return absl::OkStatus();
  }

  absl::Status LogLine(const Words& words) {
    if (words.size() < 2 || words.size() > 3) return Error("expected log <vkey> [<url>]");
    if (policy_.logs_.size() == kPolicyNamesMax) return Error("too many logs");
    std::vector<VerifierKey> key;
    SP_RETURN_IF_ERROR(NewKey(words[1], KeyType::kEd25519, key));
    policy_.logs_.push_back({std::move(key[0]), words.size() == 3 ? std::string(words[2]) : ""});
    return absl::OkStatus();
  }

  absl::Status WitnessLine(const Words& words) {
    if (words.size() < 3 || words.size() > 4) return Error("expected witness <name> <vkey> [<url>]");
    std::vector<VerifierKey> key;
    SP_RETURN_IF_ERROR(NewKey(words[2], KeyType::kCosignature, key));
    Policy::Node node;
    node.witness = static_cast<int>(policy_.witnesses_.size());
    SP_RETURN_IF_ERROR(NewName(words[1], std::move(node)));
    policy_.witnesses_.push_back({std::string(words[1]), std::move(key[0]), words.size() == 4 ? std::string(words[3]) : ""});
    return absl::OkStatus();
  }

  absl::Status GroupLine(const Words& words) {
    if (words.size() < 4) return Error("expected group <name> all|any|<k> <member>...");
    const size_t count = words.size() - 3;
    uint64_t needed = 0;
    if (words[2] == "all") {
      needed = count;
    } else if (words[2] == "any") {
      needed = 1;
    } else if (!ParseDecimal(words[2], needed) || needed == 0 || needed > count) {
      return Error(absl::StrCat("group of ", count, " members needs all, any or a number from 1 to ", count));
    }
    Policy::Node node;
    node.needed = needed;
    for (size_t i = 3; i < words.size(); ++i) {
      const auto member = names_.find(words[i]);
      if (member == names_.end()) return Error(absl::StrCat("member ", words[i], " is not defined above"));
      if (policy_.nodes_[member->second].is_member) return Error(absl::StrCat("member ", words[i], " is used twice"));
      policy_.nodes_[member->second].is_member = true;
      node.members.push_back(member->second);
    }
    return NewName(words[1], std::move(node));
  }

  absl::Status QuorumLine(const Words& words) {
    if (words.size() != 2) return Error("expected quorum <name>|none");
    if (quorum_seen_) return Error("a second quorum line");
    quorum_seen_ = true;
    if (words[1] == "none") return absl::OkStatus();
    const auto name = names_.find(words[1]);
    if (name == names_.end()) return Error(absl::StrCat("quorum ", words[1], " is not defined above"));
    policy_.quorum_ = static_cast<int>(name->second);
    return absl::OkStatus();
  }

  Policy policy_;
  absl::flat_hash_map<std::string, size_t> names_;
  absl::flat_hash_set<std::array<uint8_t, 32>> public_keys_;
  bool quorum_seen_ = false;
};

absl::StatusOr<Policy> Policy::Parse(absl::string_view text) { return PolicyParser().Parse(text); }

std::vector<VerifierKey> Policy::keys() const {
  std::vector<VerifierKey> keys;
  for (const Log& log : logs_) keys.push_back(log.key);
  for (const Witness& witness : witnesses_) keys.push_back(witness.key);
  return keys;
}

absl::StatusOr<SignedCheckpoint> Policy::Open(absl::string_view checkpoint_note) const {
  SP_ASSIGN_OR_RETURN(SignedCheckpoint opened, OpenCheckpoint(checkpoint_note, keys()));
  SP_RETURN_IF_ERROR(CheckQuorum(opened));
  return opened;
}

absl::Status Policy::CheckQuorum(const SignedCheckpoint& opened) const {
  if (quorum_ < 0) return absl::OkStatus();
  // Members stand before their groups, so one pass from the front settles every name.
  std::vector<bool> satisfied(nodes_.size());
  std::vector<absl::string_view> missing;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (node.witness >= 0) {
      const VerifierKey& key = witnesses_[static_cast<size_t>(node.witness)].key;
      const auto& signers = opened.note.verified;
      satisfied[i] = std::any_of(signers.begin(), signers.end(), [&](const NoteSignature& s) { return key.Matches(s); });
      if (!satisfied[i]) missing.push_back(node.name);
    } else {
      const auto count = std::count_if(node.members.begin(), node.members.end(), [&](size_t m) { return satisfied[m]; });
      satisfied[i] = static_cast<size_t>(count) >= node.needed;
    }
  }
  if (satisfied[static_cast<size_t>(quorum_)]) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("quorum ", nodes_[static_cast<size_t>(quorum_)].name,
                                                    " is not reached; no cosignature of ", absl::StrJoin(missing, ", ")));
}

}  // namespace sallyport::audit
