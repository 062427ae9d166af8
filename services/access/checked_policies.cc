#include "access/checked_policies.h"

#include <sodium.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "access/limits.h"
#include "cedar/validator.h"

namespace sallyport::access {
namespace {

using cedar::Diagnostic;
using cedar::PolicySet;

constexpr absl::string_view kPolicySuffix = ".cedar";
constexpr absl::string_view kSchemaSuffix = ".cedarschema";

// The text of a part with its length before it, so that no two sets of files have the same bytes.
void HashPart(crypto_hash_sha256_state& state, absl::string_view part) {
  const std::string text = absl::StrCat(part.size(), ":", part);
  crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

bool IsError(const Diagnostic& problem) { return problem.severity == Diagnostic::Severity::kError; }

bool IsReason(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
  });
}

// Reads the files one after the other; what stands in one of them is compared with the files before it.
class Checker {
 public:
  explicit Checker(std::vector<Diagnostic>& problems) : problems_(problems) {}

  ParsedPolicies Take() { return std::move(parsed_); }

  void Read(const PolicyFiles& files) {
    for (const auto& [name, text] : files.files) {
      if (absl::EndsWith(name, kSchemaSuffix)) {
        ReadSchema(name, text);
      } else if (absl::EndsWith(name, kPolicySuffix)) {
        ReadPolicies(name, text);
      } else {
        OfFile(name, absl::StrCat("the name ends neither in ", kPolicySuffix, " nor in ", kSchemaSuffix));
      }
    }
  }

 private:
  void OfFile(const std::string& name, std::string message) {
    Diagnostic problem;
    problem.file = name;
    problem.message = std::move(message);
    problems_.push_back(std::move(problem));
  }

  void ReadSchema(const std::string& name, const std::string& text) {
    if (std::exchange(has_schema_, true)) return OfFile(name, "is a second schema; a set has one");
    cedar::ParseOptions options;
    options.file_name = name;
    std::vector<Diagnostic> found;
    auto parsed = cedar::Schema::Parse(text, options, &found);
    std::move(found.begin(), found.end(), std::back_inserter(problems_));
    if (parsed.ok()) parsed_.schema = *std::move(parsed);
  }

  void ReadPolicies(const std::string& name, const std::string& text) {
    cedar::ParseOptions options;
    options.file_name = name;
    options.id_annotation = true;
    options.id_prefix = absl::StrCat(absl::StripSuffix(name, kPolicySuffix), "#");
    std::vector<Diagnostic> found;
    const auto parsed = PolicySet::Parse(text, options, &found);
    std::move(found.begin(), found.end(), std::back_inserter(problems_));
    if (!parsed.ok()) return;
    for (const auto& [id, body] : parsed->Templates()) CheckBody(id, *body);
    for (const cedar::Policy* policy : parsed->Policies()) CheckBody(policy->id(), policy->body());
    (void)parsed_.set.Merge(*parsed).ok();  // what stands twice has been reported
  }

  void CheckBody(absl::string_view id, const cedar::PolicyBody& body) {
    const cedar::SourceSpan whole{body.span.begin, body.effect_span.end};
    if (body.FindAnnotation("id") == nullptr) {
      Report(id, body, whole, "no @id; its number in the file would be its name in the log, and change with the file");
      problems_.back().severity = Diagnostic::Severity::kWarning;
    }
    for (const cedar::Annotation& annotation : body.annotations) CheckAnnotation(id, body, annotation);
    if (const std::string taken = PlaceOf(id); !taken.empty()) {
      Report(id, body, whole, absl::StrCat("the id \"", id, "\" stands twice"),
             absl::StrCat("the other is at ", taken));
    }
    if (absl::StartsWith(id, kLevelPrefix)) {
      Report(id, body, whole, absl::StrCat("ids that begin with \"", kLevelPrefix, "\" are those of access levels"));
    }
    if (id == kLevelTemplate && body.is_template() && !(body.principal.slot && body.resource.slot)) {
      Report(id, body, whole, absl::StrCat("the template \"", kLevelTemplate, "\" needs ?principal and ?resource"));
    }
  }

  void CheckAnnotation(absl::string_view id, const cedar::PolicyBody& body, const cedar::Annotation& annotation) {
    int32_t number = 0;
    if (annotation.name == "priority" && !absl::SimpleAtoi(annotation.value, &number)) {
      Report(id, body, annotation.span, absl::StrCat("@priority(\"", annotation.value, "\") is not an integer"));
    }
    if (annotation.name == "reason" && !IsReason(annotation.value)) {
      Report(id, body, annotation.span, absl::StrCat("@reason(\"", annotation.value, "\") is not an upper-case word"));
    }
  }

  void Report(absl::string_view id, const cedar::PolicyBody& body, cedar::SourceSpan span, std::string message,
              std::string help = "") {
    problems_.push_back(cedar::MakeDiagnostic(*body.source, span, std::move(message), std::move(help)));
    problems_.back().policy_id = std::string(id);
  }

  // Where a policy or template of the files before has this id; empty when none has it.
  std::string PlaceOf(absl::string_view id) const {
    const std::shared_ptr<const cedar::PolicyBody> body = parsed_.set.FindTemplate(id);
    const cedar::Policy* policy = parsed_.set.Find(id);
    if (body == nullptr && policy == nullptr) return "";
    const cedar::PolicyBody& found = body != nullptr ? *body : policy->body();
    return absl::StrCat(found.source->name, ":", found.position().line);
  }

  std::vector<Diagnostic>& problems_;
  ParsedPolicies parsed_;
  bool has_schema_ = false;
};

bool Failed(const std::vector<Diagnostic>& problems) { return std::any_of(problems.begin(), problems.end(), IsError); }

Diagnostic OfTheSet(Diagnostic::Severity severity, std::string message) {
  Diagnostic problem;
  problem.severity = severity;
  problem.message = std::move(message);
  return problem;
}

bool HasSchema(const PolicyFiles& files) {
  return std::any_of(files.files.begin(), files.files.end(),
                     [](const auto& file) { return absl::EndsWith(file.first, kSchemaSuffix); });
}

}  // namespace

std::string PolicyFiles::Hash() const {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const auto& [name, text] : files) {
    HashPart(state, name);
    HashPart(state, text);
  }
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256_final(&state, reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

ParsedPolicies ParsePolicies(const PolicyFiles& files, std::vector<Diagnostic>& problems) {
  Checker checker(problems);
  checker.Read(files);
  return checker.Take();
}

absl::Status StatusOf(const std::vector<Diagnostic>& problems) {
  std::string text;
  size_t errors = 0;
  for (const Diagnostic& problem : problems) {
    if (!IsError(problem) || ++errors > kProblemsRenderedMax) continue;
    absl::StrAppend(&text, text.empty() ? "" : "\n", problem.ToString());
  }
  if (errors == 0) return absl::OkStatus();
  if (errors > kProblemsRenderedMax) absl::StrAppend(&text, "\nand ", errors - kProblemsRenderedMax, " more errors");
  return absl::InvalidArgumentError(text);
}

CheckedPolicies::CheckedPolicies(PolicyFiles files, PolicySet set, cedar::Schema schema)
    : files_(std::move(files)), hash_(files_.Hash()), set_(std::move(set)), schema_(std::move(schema)) {}

absl::StatusOr<std::shared_ptr<const CheckedPolicies>> CheckedPolicies::Check(const PolicyFiles& files,
                                                                              std::vector<Diagnostic>* problems) {
  std::vector<Diagnostic> own;
  std::vector<Diagnostic>& found = problems != nullptr ? *problems : own;
  ParsedPolicies parsed = ParsePolicies(files, found);
  if (!HasSchema(files)) {
    found.push_back(
        OfTheSet(Diagnostic::Severity::kError, absl::StrCat("there is no ", kSchemaSuffix, " among the files")));
  }
  if (!Failed(found)) {
    std::vector<Diagnostic> more = cedar::ValidatePolicies(*parsed.schema, parsed.set);
    std::move(more.begin(), more.end(), std::back_inserter(found));
    if (parsed.set.FindTemplate(kLevelTemplate) == nullptr) {
      found.push_back(OfTheSet(Diagnostic::Severity::kWarning, absl::StrCat("no template has @id(\"", kLevelTemplate,
                                                                            "\"), so access levels open no door")));
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.file, a.position.line, a.position.column) < std::tie(b.file, b.position.line, b.position.column);
  });
  if (absl::Status status = StatusOf(found); !status.ok()) return status;
  return std::shared_ptr<const CheckedPolicies>(
      new CheckedPolicies(files, std::move(parsed.set), *std::move(parsed.schema)));
}

}  // namespace sallyport::access
