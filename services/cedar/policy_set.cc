#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cedar/compiled.h"
#include "cedar/parser.h"
#include "cedar/policy.h"
#include "cedar/scope_index.h"

namespace cedar {

const std::string* PolicyBody::FindAnnotation(absl::string_view name) const {
  for (const Annotation& a : annotations) {
    if (absl::string_view(a.name) == name) return &a.value;
  }
  return nullptr;
}

PolicySet::PolicySet() : index_(std::make_unique<internal::ScopeIndex>()) {}
PolicySet::PolicySet(PolicySet&&) noexcept = default;
PolicySet& PolicySet::operator=(PolicySet&&) noexcept = default;
PolicySet::~PolicySet() = default;

PolicySet::PolicySet(const PolicySet& other)
    : next_sequence_(other.next_sequence_),
      templates_(other.templates_),
      index_(std::make_unique<internal::ScopeIndex>()) {
  policies_.reserve(other.size());
  for (const Policy* policy : other.index_->all()) Insert(std::make_unique<Policy>(*policy));
}

PolicySet& PolicySet::operator=(const PolicySet& other) {
  if (this != &other) *this = PolicySet(other);
  return *this;
}

void PolicySet::Insert(std::unique_ptr<Policy> policy) {
  index_->Add(policy.get());
  absl::string_view id = policy->id();
  policies_.emplace(id, std::move(policy));
}

void PolicySet::Reserve(size_t policies) { policies_.reserve(policies); }

absl::Status PolicySet::CheckIdFree(absl::string_view id) const {
  if (policies_.contains(id) || templates_.contains(id)) {
    return absl::AlreadyExistsError(absl::StrCat("there is already a policy or template with the id ", QuoteString(id)));
  }
  return absl::OkStatus();
}

absl::Status PolicySet::Add(std::string id, std::shared_ptr<const PolicyBody> body) {
  if (absl::Status status = CheckIdFree(id); !status.ok()) return status;
  std::shared_ptr<const ExprTree> compiled = internal::Compile(body);
  if (body->is_template()) {
    Template& t = templates_[id];
    t.sequence = next_sequence_++;
    t.id = std::make_shared<const std::string>(std::move(id));
    t.body = std::move(body);
    t.compiled = std::move(compiled);
    return absl::OkStatus();
  }
  auto policy = std::make_unique<Policy>();
  policy->id_ = std::move(id);
  policy->sequence_ = next_sequence_++;
  policy->body_ = std::move(body);
  policy->compiled_ = std::move(compiled);
  Insert(std::move(policy));
  return absl::OkStatus();
}

absl::Status PolicySet::Merge(const PolicySet& other) {
  for (const auto& [id, policy] : other.policies_) {
    if (absl::Status status = CheckIdFree(id); !status.ok()) return status;
  }
  for (const auto& [id, t] : other.templates_) {
    if (absl::Status status = CheckIdFree(id); !status.ok()) return status;
  }
  uint64_t base = next_sequence_;
  for (const auto& [id, t] : other.templates_) {
    Template copy = t;
    copy.sequence += base;
    templates_.emplace(id, std::move(copy));
  }
  for (const Policy* policy : other.index_->all()) {
    auto copy = std::make_unique<Policy>(*policy);
    copy->sequence_ += base;
    Insert(std::move(copy));
  }
  next_sequence_ = base + other.next_sequence_;
  return absl::OkStatus();
}

absl::Status PolicySet::Link(absl::string_view template_id, std::string link_id, Slots slots) {
  auto it = templates_.find(template_id);
  if (it == templates_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no template with the id ", QuoteString(template_id)));
  }
  if (absl::Status status = CheckIdFree(link_id); !status.ok()) return status;
  Template& t = it->second;
  auto check = [&](bool wanted, const std::optional<EntityUid>& given, absl::string_view name) {
    if (wanted == given.has_value()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("template ", QuoteString(template_id),
                                                   wanted ? " needs a value for ?" : " has no slot ?", name, " (link ",
                                                   QuoteString(link_id), ")"));
  };
  if (absl::Status s = check(t.body->principal.slot, slots.principal, "principal"); !s.ok()) return s;
  if (absl::Status s = check(t.body->resource.slot, slots.resource, "resource"); !s.ok()) return s;
  auto policy = std::make_unique<Policy>();
  policy->id_ = std::move(link_id);
  policy->sequence_ = next_sequence_++;
  policy->body_ = t.body;
  policy->compiled_ = t.compiled;
  policy->template_id_ = t.id;
  if (slots.principal) policy->principal_slot_ = *std::move(slots.principal);
  if (slots.resource) policy->resource_slot_ = *std::move(slots.resource);
  ++t.links;
  Insert(std::move(policy));
  return absl::OkStatus();
}

absl::Status PolicySet::Remove(absl::string_view id) {
  if (auto it = policies_.find(id); it != policies_.end()) {
    std::unique_ptr<Policy> policy = std::move(it->second);
    policies_.erase(it);
    index_->Remove(policy.get());
    if (policy->template_id_) --templates_.at(*policy->template_id_).links;
    return absl::OkStatus();
  }
  auto it = templates_.find(id);
  if (it == templates_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no policy or template with the id ", QuoteString(id)));
  }
  if (it->second.links > 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("template ", QuoteString(id), " still has ", it->second.links, " links"));
  }
  templates_.erase(it);
  return absl::OkStatus();
}

const Policy* PolicySet::Find(absl::string_view id) const {
  auto it = policies_.find(id);
  return it == policies_.end() ? nullptr : it->second.get();
}

std::shared_ptr<const PolicyBody> PolicySet::FindTemplate(absl::string_view id) const {
  auto it = templates_.find(id);
  return it == templates_.end() ? nullptr : it->second.body;
}

std::vector<const Policy*> PolicySet::Policies() const { return index_->all(); }

std::vector<std::pair<std::string, std::shared_ptr<const PolicyBody>>> PolicySet::Templates() const {
  std::vector<const Template*> sorted;
  for (const auto& [id, t] : templates_) sorted.push_back(&t);
  std::sort(sorted.begin(), sorted.end(),
            [](const Template* a, const Template* b) { return a->sequence < b->sequence; });
  std::vector<std::pair<std::string, std::shared_ptr<const PolicyBody>>> out;
  for (const Template* t : sorted) out.emplace_back(*t->id, t->body);
  return out;
}

absl::StatusOr<PolicySet> PolicySet::Parse(absl::string_view text, const ParseOptions& options,
                                           std::vector<Diagnostic>* diagnostics) {
  std::vector<Diagnostic> own;
  if (!diagnostics) diagnostics = &own;
  auto source = std::make_shared<SourceText>();
  source->name = options.file_name;
  source->text = std::string(text);
  PolicyParser parser(source, diagnostics);
  std::vector<std::shared_ptr<const PolicyBody>> bodies = parser.ParsePolicies();
  PolicySet set;
  set.Reserve(bodies.size());
  for (size_t i = 0; i < bodies.size() && diagnostics->empty(); ++i) {
    std::string id = absl::StrCat(options.id_prefix, i);
    const std::string* annotated = options.id_annotation ? bodies[i]->FindAnnotation("id") : nullptr;
    if (annotated) id = *annotated;
    SourceSpan span = bodies[i]->span;
    if (absl::Status status = set.Add(std::move(id), bodies[i]); !status.ok()) {
      diagnostics->push_back(MakeDiagnostic(*source, span, std::string(status.message())));
    }
  }
  if (absl::Status status = ToStatus(*diagnostics); !status.ok()) return status;
  return set;
}

absl::StatusOr<std::shared_ptr<const PolicyBody>> ParsePolicy(absl::string_view text, const ParseOptions& options) {
  auto source = std::make_shared<SourceText>();
  source->name = options.file_name;
  source->text = std::string(text);
  std::vector<Diagnostic> diagnostics;
  PolicyParser parser(source, &diagnostics);
  std::vector<std::shared_ptr<const PolicyBody>> bodies = parser.ParsePolicies();
  if (absl::Status status = ToStatus(diagnostics); !status.ok()) return status;
  if (bodies.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("expected one policy, found ", bodies.size()));
  }
  return bodies[0];
}

}  // namespace cedar
