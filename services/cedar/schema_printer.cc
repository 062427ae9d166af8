#include "cedar/schema_printer.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cedar/expr_printer.h"
#include "cedar/text.h"
#include "cedar/value.h"

namespace cedar::internal {
namespace {

std::string JoinNames(const std::vector<NameSyntax>& names) {
  return absl::StrJoin(names, ", ", [](std::string* out, const NameSyntax& name) { out->append(name.text); });
}

class Printer {
 public:
  explicit Printer(const SchemaSyntax& schema) {
    for (const NamespaceSyntax& space : schema.namespaces) {
      for (const CommonTypeSyntax& common : space.common_types) {
        common_types_.insert(space.name.text.empty() ? common.name.text
                                                     : absl::StrCat(space.name.text, "::", common.name.text));
      }
    }
  }

  absl::StatusOr<std::string> Print(const SchemaSyntax& schema) {
    for (const NamespaceSyntax& space : schema.namespaces) {
      // Only JSON has this one where nothing is in it.
      if (space.name.text.empty() && space.common_types.empty() && space.entity_types.empty() && space.actions.empty()) {
        continue;
      }
      space_ = &space;
      size_t indent = space.name.text.empty() ? 0 : 2;
      if (indent > 0) {
        StartDeclaration(0, space.annotations);
        absl::StrAppend(&out_, "namespace ", space.name.text, " {");
        first_ = true;
      }
      for (const CommonTypeSyntax& common : space.common_types) Write(common, indent);
      for (const EntityTypeSyntax& entity : space.entity_types) Write(entity, indent);
      for (const ActionSyntax& action : space.actions) Write(action, indent);
      if (indent > 0) out_ += "\n}";
      first_ = false;
    }
    if (!error_.empty()) return absl::InvalidArgumentError(error_);
    return out_.empty() ? out_ : out_ + "\n";
  }

 private:
  void NewLine(size_t indent) {
    if (!out_.empty()) out_ += '\n';
    out_.append(indent, ' ');
  }

  void WriteAnnotations(size_t indent, const std::vector<Annotation>& annotations) {
    for (const Annotation& a : annotations) {
      absl::StrAppend(&out_, "@", a.name, a.has_value ? absl::StrCat("(", QuoteString(a.value), ")") : "");
      NewLine(indent);
    }
  }

  // Declarations have an empty line between them.
  void StartDeclaration(size_t indent, const std::vector<Annotation>& annotations) {
    if (!first_) out_ += '\n';
    first_ = false;
    NewLine(indent);
    WriteAnnotations(indent, annotations);
  }

  void Write(const CommonTypeSyntax& common, size_t indent) {
    StartDeclaration(indent, common.annotations);
    absl::StrAppend(&out_, "type ", common.name.text, " = ");
    Write(common.type, indent);
    out_ += ';';
  }

  void Write(const EntityTypeSyntax& entity, size_t indent) {
    StartDeclaration(indent, entity.annotations);
    absl::StrAppend(&out_, "entity ", entity.name.text);
    if (!entity.choices.empty()) {
      absl::StrAppend(&out_, " enum [",
                      absl::StrJoin(entity.choices, ", ",
                                    [](std::string* out, const NameSyntax& n) { out->append(QuoteString(n.text)); }),
                      "]");
    }
    if (!entity.parents.empty()) absl::StrAppend(&out_, " in [", JoinNames(entity.parents), "]");
    if (entity.shape) {
      if (entity.shape->kind != TypeSyntax::Kind::kRecord) {
        error_ = absl::StrCat("the attributes of ", entity.name.text, " are the type ", entity.shape->name.text,
                              ", which Cedar's schema syntax cannot say");
      }
      out_ += " = ";
      Write(*entity.shape, indent);
    }
    if (entity.tags) {
      out_ += " tags ";
      Write(*entity.tags, indent);
    }
    out_ += ';';
  }

  void Write(const ActionSyntax& action, size_t indent) {
    StartDeclaration(indent, action.annotations);
    absl::StrAppend(&out_, "action ", FieldNameText(action.name.text));
    if (!action.parents.empty()) {
      absl::StrAppend(&out_, " in [",
                      absl::StrJoin(action.parents, ", ",
                                    [](std::string* out, const ActionRefSyntax& ref) {
                                      std::string type = ref.type ? absl::StrCat(ref.type->text, "::") : "";
                                      absl::StrAppend(out, type, QuoteString(ref.id.text));
                                    }),
                      "]");
    }
    // Applying to nothing is not applying at all.
    if (action.applies && !action.principals.empty() && !action.resources.empty()) {
      out_ += " appliesTo {";
      NewLine(indent + 2);
      absl::StrAppend(&out_, "principal: [", JoinNames(action.principals), "],");
      NewLine(indent + 2);
      absl::StrAppend(&out_, "resource: [", JoinNames(action.resources), "]");
      if (action.context) {
        out_ += ',';
        NewLine(indent + 2);
        out_ += "context: ";
        Write(*action.context, indent + 2);
      }
      NewLine(indent);
      out_ += '}';
    }
    out_ += ';';
  }

  void Write(const TypeSyntax& type, size_t indent) {
    switch (type.kind) {
      case TypeSyntax::Kind::kName:
      case TypeSyntax::Kind::kCommonName:
        out_ += type.name.text;
        return;
      case TypeSyntax::Kind::kEntityName:
        if (IsHidden(type.name.text)) {
          error_ = absl::StrCat("the entity type ", type.name.text,
                                " is hidden by a common type of that name, which Cedar's schema syntax cannot say");
        }
        out_ += type.name.text;
        return;
      case TypeSyntax::Kind::kSet:
        out_ += "Set<";
        Write(type.element[0], indent);
        out_ += '>';
        return;
      case TypeSyntax::Kind::kRecord:
        break;
    }
    if (type.fields.empty()) {
      out_ += "{}";
      return;
    }
    out_ += '{';
    for (size_t i = 0; i < type.fields.size(); ++i) {
      const FieldSyntax& field = type.fields[i];
      NewLine(indent + 2);
      WriteAnnotations(indent + 2, field.annotations);
      absl::StrAppend(&out_, FieldNameText(field.name.text), field.required ? ": " : "?: ");
      Write(field.type, indent + 2);
      if (i + 1 < type.fields.size()) out_ += ',';
    }
    NewLine(indent);
    out_ += '}';
  }

  bool IsHidden(const std::string& name) const {
    return common_types_.contains(name) || common_types_.contains(absl::StrCat(space_->name.text, "::", name));
  }

  absl::flat_hash_set<std::string> common_types_;
  const NamespaceSyntax* space_ = nullptr;
  bool first_ = true;
  std::string out_;
  std::string error_;
};

}  // namespace

absl::StatusOr<std::string> SchemaSyntaxToText(const SchemaSyntax& schema) { return Printer(schema).Print(schema); }

}  // namespace cedar::internal
