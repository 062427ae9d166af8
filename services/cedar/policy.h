#ifndef CEDAR_POLICY_H_
#define CEDAR_POLICY_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cedar/diagnostic.h"
#include "cedar/expr.h"
#include "cedar/value.h"

namespace cedar {

enum class Effect : uint8_t { kPermit, kForbid };

// What a policy's scope says of the principal or the resource.
struct ScopeConstraint {
  enum class Op : uint8_t { kAny, kEqual, kIn, kIs, kIsIn };
  Op op = Op::kAny;
  bool slot = false;  // kEqual, kIn, kIsIn: ?principal or ?resource stands in place of `entity`
  EntityUid entity;
  std::string type;  // kIs, kIsIn
  SourceSpan span;   // with the variable's name
};

// What it says of the action.
struct ActionConstraint {
  enum class Op : uint8_t { kAny, kEqual, kIn, kInList };
  Op op = Op::kAny;
  std::vector<EntityUid> entities;  // kEqual, kIn: exactly one
  SourceSpan span;
};

struct Annotation {
  std::string name;
  std::string value;
  bool has_value = true;  // false for `@name` without parentheses, which reads as ""
  SourceSpan span;
};

struct Condition {
  bool unless = false;
  ExprId expr = 0;
  SourceSpan span;  // with the word before it and the braces
};

// The text of a policy or template after parsing; immutable, shared by every link of a template.
struct PolicyBody {
  Effect effect = Effect::kPermit;
  std::vector<Annotation> annotations;  // in the order written
  ScopeConstraint principal;
  ActionConstraint action;
  ScopeConstraint resource;
  std::vector<Condition> conditions;
  ExprTree exprs;
  SourceSpan span;
  SourceSpan effect_span;  // of the word
  std::shared_ptr<const SourceText> source;  // null for policies made from JSON

  bool is_template() const { return principal.slot || resource.slot; }
  // The annotation's value, or null.
  const std::string* FindAnnotation(absl::string_view name) const;
  // Line 0 when there is no source.
  SourcePosition position() const { return source ? source->PositionOf(span.begin) : SourcePosition{}; }
};

// What fills a template's slots.
struct Slots {
  std::optional<EntityUid> principal;
  std::optional<EntityUid> resource;
};

namespace internal {
class ScopeIndex;
class Evaluator;
}  // namespace internal

// A policy that takes part in decisions: one written out, or a link of a template.
class Policy {
 public:
  absl::string_view id() const { return id_; }
  Effect effect() const { return body_->effect; }
  const PolicyBody& body() const { return *body_; }
  // Empty for a policy that is no link.
  absl::string_view template_id() const { return template_id_ ? absl::string_view(*template_id_) : absl::string_view(); }
  const EntityUid& principal_slot() const { return principal_slot_; }
  const EntityUid& resource_slot() const { return resource_slot_; }
  // The annotation's value, or "" when absent.
  absl::string_view annotation(absl::string_view name) const {
    const std::string* value = body_->FindAnnotation(name);
    return value ? absl::string_view(*value) : absl::string_view();
  }
  SourcePosition position() const { return body_->position(); }

  // The entity that the scope's principal or resource is compared with; null for kAny and kIs.
  const EntityUid& principal_entity() const { return body_->principal.slot ? principal_slot_ : body_->principal.entity; }
  const EntityUid& resource_entity() const { return body_->resource.slot ? resource_slot_ : body_->resource.entity; }

 private:
  friend class PolicySet;
  friend class internal::ScopeIndex;
  friend class internal::Evaluator;
  std::string id_;
  uint64_t sequence_ = 0;  // order of addition
  std::shared_ptr<const PolicyBody> body_;
  std::shared_ptr<const ExprTree> compiled_;  // the conditions of body_, by the same ids
  std::shared_ptr<const std::string> template_id_;
  EntityUid principal_slot_;
  EntityUid resource_slot_;
};

struct ParseOptions {
  std::string file_name;  // for messages
  // A policy with an @id annotation gets that as its id instead of its number.
  bool id_annotation = false;
  // Ids are this prefix and the number of the policy or template in the text: policy0, policy1, …
  std::string id_prefix = "policy";
};

// Policies and templates, compiled and indexed by scope. Behaves like a standard container: const calls, Authorize among
// them, are safe from many threads as long as nobody changes the set. Adding, linking and removing take constant time,
// so one set can follow a changing world without being rebuilt. Copies share the policies' bodies.
class PolicySet {
 public:
  PolicySet();
  PolicySet(PolicySet&&) noexcept;
  PolicySet& operator=(PolicySet&&) noexcept;
  PolicySet(const PolicySet&);
  PolicySet& operator=(const PolicySet&);
  ~PolicySet();

  // Parses Cedar text. On failure the status says everything that is wrong, with places; `diagnostics`, where given,
  // receives the same piece by piece.
  static absl::StatusOr<PolicySet> Parse(absl::string_view text, const ParseOptions& options = {},
                                         std::vector<Diagnostic>* diagnostics = nullptr);

  // Adds a policy or, when its scope has slots, a template. AlreadyExists when the id is taken.
  absl::Status Add(std::string id, std::shared_ptr<const PolicyBody> body);
  // Adds everything of `other`; AlreadyExists, and no change, when an id is in both.
  absl::Status Merge(const PolicySet& other);
  // Adds a link of a template. The slots must be exactly those of the template: InvalidArgument otherwise, NotFound for
  // an unknown template, AlreadyExists for a taken id.
  absl::Status Link(absl::string_view template_id, std::string link_id, Slots slots);
  // Removes a policy or link, or a template that has no links (FailedPrecondition while it has).
  absl::Status Remove(absl::string_view id);

  // Null when there is no such policy. Pointers stay valid until that policy is removed or the set destroyed or
  // assigned; moving the set keeps them.
  const Policy* Find(absl::string_view id) const;
  // Templates are no policies: they take part in no decision.
  std::shared_ptr<const PolicyBody> FindTemplate(absl::string_view id) const;
  // In order of addition.
  std::vector<const Policy*> Policies() const;
  std::vector<std::pair<std::string, std::shared_ptr<const PolicyBody>>> Templates() const;
  // Policies and links.
  size_t size() const { return policies_.size(); }
  void Reserve(size_t policies);

  const internal::ScopeIndex& index() const { return *index_; }

 private:
  struct Template {
    uint64_t sequence = 0;
    std::shared_ptr<const std::string> id;
    std::shared_ptr<const PolicyBody> body;
    std::shared_ptr<const ExprTree> compiled;
    size_t links = 0;
  };
  absl::Status CheckIdFree(absl::string_view id) const;
  void Insert(std::unique_ptr<Policy> policy);

  uint64_t next_sequence_ = 0;
  absl::flat_hash_map<absl::string_view, std::unique_ptr<Policy>> policies_;  // keyed by the policy's own id
  absl::flat_hash_map<std::string, Template> templates_;
  std::unique_ptr<internal::ScopeIndex> index_;
};

// Parses exactly one policy or template.
absl::StatusOr<std::shared_ptr<const PolicyBody>> ParsePolicy(absl::string_view text, const ParseOptions& options = {});

}  // namespace cedar

#endif  // CEDAR_POLICY_H_
