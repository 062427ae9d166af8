#include "cedar/expr_json.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cedar/entity_json.h"
#include "cedar/expr_printer.h"
#include "cedar/limits.h"
#include "cedar/text.h"

namespace cedar::internal {
namespace {

struct Member {
  absl::string_view name;
  ExprKind kind;
};
// Two operands, `left` and `right`.
constexpr Member kBinary[] = {
    {"==", ExprKind::kEqual},
    {"!=", ExprKind::kNotEqual},
    {"in", ExprKind::kIn},
    {"<", ExprKind::kLess},
    {"<=", ExprKind::kLessEqual},
    {">", ExprKind::kGreater},
    {">=", ExprKind::kGreaterEqual},
    {"+", ExprKind::kAdd},
    {"-", ExprKind::kSubtract},
    {"*", ExprKind::kMultiply},
    {"contains", ExprKind::kContains},
    {"containsAll", ExprKind::kContainsAll},
    {"containsAny", ExprKind::kContainsAny},
    {"getTag", ExprKind::kGetTag},
    {"hasTag", ExprKind::kHasTag},
};
// One operand, `arg`.
constexpr Member kUnary[] = {{"!", ExprKind::kNot}, {"neg", ExprKind::kNegate}, {"isEmpty", ExprKind::kIsEmpty}};
constexpr absl::string_view kVariables[] = {"principal", "action", "resource", "context"};

template <size_t n>
const Member* FindMember(const Member (&members)[n], absl::string_view name) {
  for (const Member& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

class Reader {
 public:
  Reader(std::string what, ExprTree* tree) : path_{std::move(what)}, tree_(*tree), begin_(tree->size()) {}

  absl::StatusOr<ExprId> Read(const Json& json) {
    if (!json.is_object() || json.names.size() != 1) return Fail("expected an object with one member");
    const std::string& name = json.names[0];
    const Json& inner = json.items[0];
    Inside inside(this, name);
    if (name == "Value") {
      // Also in what a mark says besides, which is not looked at.
      if (const Json* number = inner.FindNoInteger()) return Fail(absl::StrCat(number->text, " is no long"));
      return ReadValue(inner);
    }
    if (name == "Var") return ReadVariable(inner);
    if (name == "&&" || name == "||") return ReadChain(name, inner);
    if (const Member* unary = FindMember(kUnary, name)) return ReadParts(unary->kind, inner, {"arg"});
    if (const Member* binary = FindMember(kBinary, name)) return ReadParts(binary->kind, inner, {"left", "right"});
    if (name == ".") return ReadGetAttribute(inner);
    if (name == "has") return ReadHas(inner);
    if (name == "like") return ReadLike(inner);
    if (name == "is") return ReadIs(inner);
    if (name == "if-then-else") return ReadParts(ExprKind::kIf, inner, {"if", "then", "else"});
    if (name == "Set") return ReadSet(inner);
    if (name == "Record") return ReadRecord(inner);
    if (name == "Slot") return Fail("slots stand in the scope only");
    if (const ExtensionFunctionInfo* info = FindExtensionFunction(name)) return ReadCall(*info, inner);
    return Fail("there is no such operator or function");
  }

 private:
  // Extends the path for as long as it lives, unless an error has been made of it.
  class Inside {
   public:
    Inside(Reader* reader, std::string name) : reader_(*reader) { reader_.path_.push_back(std::move(name)); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { reader_.path_.pop_back(); }

   private:
    Reader& reader_;
  };

  absl::Status Fail(absl::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat(PathText(path_, "."), ": ", message));
  }

  absl::StatusOr<ExprId> Check(ExprId id) {
    if (tree_[id].height > kExprHeightMax) {
      return Fail(absl::StrCat("this expression is nested more than ", kExprHeightMax, " levels deep"));
    }
    const Expr& e = tree_[id];
    Size size;
    for (uint32_t i = 0; i < e.child_count; ++i) {
      const Size& operand = sizes_[tree_.ChildId(e, i) - begin_];
      size.nodes += operand.nodes;
      const bool nests = OperandBinding(e, i) == Binding::kIf || NeedsParentheses(tree_, e, i);
      size.nesting = std::max(size.nesting, operand.nesting + (nests ? 1 : 0));
    }
    sizes_.push_back(size);
    if (tree_.size() > kExprNodesMax || size.nodes > kExprNodesMax) return Fail("this policy has too many expressions");
    if (size.nesting > kNestingMax) return Fail(absl::StrCat("expressions nest at most ", kNestingMax, " levels deep"));
    return id;
  }

  absl::StatusOr<ExprId> Add(ExprKind kind, absl::Span<const ExprId> children, uint8_t detail = 0,
                             Value value = Value()) {
    Expr e;
    e.kind = kind;
    e.detail = detail;
    e.value = std::move(value);
    return Check(tree_.Add(std::move(e), children));
  }

  absl::StatusOr<ExprId> AddNamed(ExprKind kind, absl::Span<const ExprId> children, std::vector<std::string> names) {
    Expr e;
    e.kind = kind;
    return Check(tree_.AddNamed(std::move(e), children, std::move(names)));
  }

  absl::StatusOr<ExprId> ReadMember(const Json& json, absl::string_view name) {
    const Json* member = json.Find(name);
    if (!member) return Fail(absl::StrCat("expected ", QuoteString(name)));
    Inside inside(this, std::string(name));
    return Read(*member);
  }

  absl::Status Only(const Json& json, std::initializer_list<absl::string_view> names) const {
    if (!json.is_object()) return Fail(absl::StrCat("expected an object, found ", KindName(json.kind)));
    for (const std::string& name : json.names) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        return Fail(absl::StrCat("there is no member ", QuoteString(name), " here"));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ExprId> ReadParts(ExprKind kind, const Json& json, std::initializer_list<absl::string_view> names) {
    if (absl::Status s = Only(json, names); !s.ok()) return s;
    std::vector<ExprId> parts;
    for (absl::string_view name : names) {
      absl::StatusOr<ExprId> part = ReadMember(json, name);
      if (!part.ok()) return part;
      parts.push_back(*part);
    }
    return Add(kind, parts);
  }

  // {"&&": {left: {"&&": {left: a, right: b}}, right: c}} is a && b && c.
  absl::StatusOr<ExprId> ReadChain(const std::string& name, const Json& json) {
    std::vector<const Json*> right;
    const Json* chain = &json;
    const Json* left = nullptr;
    while (true) {
      if (absl::Status s = Only(*chain, {"left", "right"}); !s.ok()) return s;
      left = chain->Find("left");
      if (!left || !chain->Find("right")) return Fail("expected \"left\" and \"right\"");
      right.push_back(chain->Find("right"));
      if (!left->is_object() || left->names.size() != 1 || left->names[0] != name) break;
      chain = &left->items[0];
    }
    right.push_back(left);
    std::vector<ExprId> operands;
    for (auto operand = right.rbegin(); operand != right.rend(); ++operand) {
      absl::StatusOr<ExprId> id = Read(**operand);
      if (!id.ok()) return id;
      operands.push_back(*id);
    }
    return Add(name == "&&" ? ExprKind::kAnd : ExprKind::kOr, operands);
  }

  absl::StatusOr<ExprId> ReadVariable(const Json& json) {
    for (uint8_t i = 0; json.is_string() && i < 4; ++i) {
      if (json.text == kVariables[i]) return Add(ExprKind::kVariable, {}, i);
    }
    return Fail("expected principal, action, resource or context");
  }

  absl::StatusOr<ExprId> ReadValue(const Json& json) {
    switch (json.kind) {
      case Json::Kind::kBool:
        return Add(ExprKind::kLiteral, {}, 0, Value::Bool(json.boolean));
      case Json::Kind::kInteger:
        return Add(ExprKind::kLiteral, {}, 0, Value::Long(json.integer));
      case Json::Kind::kString:
        return Add(ExprKind::kLiteral, {}, 0, Value::String(json.text));
      case Json::Kind::kNull:
        return Fail("null is no Cedar value");
      case Json::Kind::kNumber:
        return Fail(absl::StrCat(json.text, " is no long"));
      case Json::Kind::kArray:
      case Json::Kind::kObject:
        break;
    }
    if (json.FindString("__expr")) return Fail("__expr is no longer part of Cedar");
    // A mark stands alone; among other members it is a name like any other.
    const Json* entity = json.items.size() == 1 ? json.Find("__entity") : nullptr;
    if (entity && entity->FindString("type") && entity->FindString("id")) {
      absl::StatusOr<EntityUid> uid = UidFromJson(*entity);
      if (!uid.ok()) return Fail(uid.status().message());
      return Add(ExprKind::kLiteral, {}, 0, Value::Entity(*std::move(uid)));
    }
    const Json* call = json.items.size() == 1 ? json.Find("__extn") : nullptr;
    if (call && call->FindString("fn")) return ReadValueCall(*call);
    std::vector<ExprId> parts;
    for (size_t i = 0; i < json.items.size(); ++i) {
      Inside inside(this, json.is_object() ? json.names[i] : absl::StrCat(i));
      absl::StatusOr<ExprId> part = ReadValue(json.items[i]);
      if (!part.ok()) return part;
      parts.push_back(*part);
    }
    return json.is_array() ? Add(ExprKind::kSet, parts) : AddNamed(ExprKind::kRecord, parts, json.names);
  }

  absl::StatusOr<ExprId> ReadValueCall(const Json& json) {
    const ExtensionFunctionInfo* info = FindExtensionFunction(*json.FindString("fn"));
    if (!info) return Fail(absl::StrCat("there is no function ", QuoteString(*json.FindString("fn"))));
    const Json *one = json.Find("arg"), *many = json.Find("args");
    if (!one && (!many || !many->is_array())) return Fail("expected \"arg\" or \"args\"");
    std::vector<ExprId> arguments;
    for (const Json& argument : one ? absl::MakeConstSpan(one, 1) : absl::MakeConstSpan(many->items)) {
      absl::StatusOr<ExprId> id = ReadValue(argument);
      if (!id.ok()) return id;
      arguments.push_back(*id);
    }
    return Add(ExprKind::kCall, arguments, static_cast<uint8_t>(info->function));
  }

  absl::StatusOr<ExprId> ReadGetAttribute(const Json& json) {
    if (absl::Status s = Only(json, {"left", "attr"}); !s.ok()) return s;
    const std::string* name = json.FindString("attr");
    if (!name) return Fail("expected \"attr\", a string");
    absl::StatusOr<ExprId> left = ReadMember(json, "left");
    if (!left.ok()) return left;
    return Add(ExprKind::kGetAttribute, {*left}, 0, Value::String(*name));
  }

  absl::StatusOr<ExprId> ReadHas(const Json& json) {
    const Json* attribute = json.Find("attr");
    std::vector<std::string> path;
    if (attribute && attribute->is_string()) path.push_back(attribute->text);
    if (attribute && attribute->is_array()) {
      for (const Json& name : attribute->items) {
        if (!name.is_string()) return Fail("expected \"attr\", a string or a list of strings");
        path.push_back(name.text);
      }
    }
    if (path.empty()) return Fail("expected \"attr\", a string or a list of strings");
    if (path.size() > static_cast<size_t>(kNestingMax)) return Fail("this path is too long");
    absl::StatusOr<ExprId> left = ReadMember(json, "left");
    if (!left.ok()) return left;
    bool plain =
        std::all_of(path.begin(), path.end(), [](const std::string& name) { return FieldNameText(name)[0] != '"'; });
    if (path.size() == 1 || plain) return AddNamed(ExprKind::kHasAttribute, {*left}, std::move(path));
    return ExpandHas(*left, path);
  }

  // In text a path is made of plain names: `x has "a b".c` is written x has "a b" && x["a b"] has c.
  absl::StatusOr<ExprId> ExpandHas(ExprId base, const std::vector<std::string>& path) {
    std::vector<ExprId> tests;
    for (size_t i = 0; i < path.size(); ++i) {
      absl::StatusOr<ExprId> test = AddNamed(ExprKind::kHasAttribute, {base}, {path[i]});
      if (!test.ok()) return test;
      tests.push_back(*test);
      absl::StatusOr<ExprId> next = Add(ExprKind::kGetAttribute, {base}, 0, Value::String(path[i]));
      if (!next.ok()) return next;
      base = *next;
    }
    return Add(ExprKind::kAnd, tests);
  }

  absl::StatusOr<ExprId> ReadLike(const Json& json) {
    if (absl::Status s = Only(json, {"left", "pattern"}); !s.ok()) return s;
    const Json* elements = json.Find("pattern");
    if (!elements || !elements->is_array()) return Fail("expected \"pattern\", an array");
    Pattern pattern;
    for (const Json& element : elements->items) {
      const std::string* literal = element.FindString("Literal");
      if (element.is_string() && element.text == "Wildcard") {
        pattern.elements.push_back({true, ""});
      } else if (!literal || element.items.size() != 1) {
        return Fail("a pattern is made of \"Wildcard\" and {\"Literal\": text}");
      } else if (!pattern.elements.empty() && !pattern.elements.back().wildcard) {
        pattern.elements.back().text += *literal;
      } else if (!literal->empty()) {
        pattern.elements.push_back({false, *literal});
      }
    }
    absl::StatusOr<ExprId> left = ReadMember(json, "left");
    if (!left.ok()) return left;
    Expr e;
    e.kind = ExprKind::kLike;
    return Check(tree_.AddLike(std::move(e), *left, std::move(pattern)));
  }

  absl::StatusOr<ExprId> ReadIs(const Json& json) {
    if (absl::Status s = Only(json, {"left", "entity_type", "in"}); !s.ok()) return s;
    const std::string* type = json.FindString("entity_type");
    if (!type || !IsTypeName(*type)) return Fail("expected \"entity_type\", a type's name");
    absl::StatusOr<ExprId> left = ReadMember(json, "left");
    if (!left.ok()) return left;
    std::vector<ExprId> operands = {*left};
    if (const Json* group = json.Find("in"); group && group->kind != Json::Kind::kNull) {
      absl::StatusOr<ExprId> in = ReadMember(json, "in");
      if (!in.ok()) return in;
      operands.push_back(*in);
    }
    return Add(ExprKind::kIs, operands, 0, Value::String(*type));
  }

  absl::StatusOr<std::vector<ExprId>> ReadItems(const Json& json) {
    std::vector<ExprId> items;
    for (size_t i = 0; i < json.items.size(); ++i) {
      Inside inside(this, json.is_object() ? json.names[i] : absl::StrCat(i));
      absl::StatusOr<ExprId> item = Read(json.items[i]);
      if (!item.ok()) return item.status();
      items.push_back(*item);
    }
    return items;
  }

  absl::StatusOr<ExprId> ReadSet(const Json& json) {
    if (!json.is_array()) return Fail("expected an array");
    absl::StatusOr<std::vector<ExprId>> elements = ReadItems(json);
    if (!elements.ok()) return elements.status();
    return Add(ExprKind::kSet, *elements);
  }

  absl::StatusOr<ExprId> ReadRecord(const Json& json) {
    if (!json.is_object()) return Fail("expected an object");
    absl::StatusOr<std::vector<ExprId>> values = ReadItems(json);
    if (!values.ok()) return values.status();
    return AddNamed(ExprKind::kRecord, *values, json.names);
  }

  absl::StatusOr<ExprId> ReadCall(const ExtensionFunctionInfo& info, const Json& json) {
    if (!json.is_array()) return Fail("expected an array of arguments");
    absl::StatusOr<std::vector<ExprId>> arguments = ReadItems(json);
    if (!arguments.ok()) return arguments.status();
    if (info.method && arguments->empty()) return Fail("a method is called on a value");
    return Add(ExprKind::kCall, *arguments, static_cast<uint8_t>(info.function));
  }

  std::vector<std::string> path_;
  ExprTree& tree_;
  // What each of our expressions, from `begin_` on, takes in text, where those are repeated that ExpandHas uses more than
  // once.
  struct Size {
    size_t nodes = 1;
    int nesting = 1;
  };
  const size_t begin_;
  std::vector<Size> sizes_;
};

class Writer {
 public:
  explicit Writer(const ExprTree& tree) : tree_(tree) {}

  Json Write(ExprId id) const {
    const Expr& e = tree_[id];
    switch (e.kind) {
      case ExprKind::kLiteral:
        return Wrap("Value", ValueToJson(e.value));
      case ExprKind::kVariable:
        return Wrap("Var", Json::String(kVariables[e.detail]));
      case ExprKind::kAnd:
      case ExprKind::kOr:
        return WriteChain(e);
      case ExprKind::kIf:
        return WriteParts("if-then-else", e, {"if", "then", "else"});
      case ExprKind::kGetAttribute: {
        Json inner = Parts(e, {"left"});
        inner.Set("attr", Json::String(e.value.string_value()));
        return Wrap(".", std::move(inner));
      }
      case ExprKind::kHasAttribute:
        return WriteHas(e);
      case ExprKind::kLike:
        return WriteLike(e);
      case ExprKind::kIs: {
        Json inner = e.child_count == 2 ? Parts(e, {"left", "in"}) : Parts(e, {"left"});
        inner.Set("entity_type", Json::String(e.value.string_value()));
        return Wrap("is", std::move(inner));
      }
      case ExprKind::kSet:
        return Wrap("Set", Items(e));
      case ExprKind::kRecord: {
        Json record = Items(e);
        record.kind = Json::Kind::kObject;
        record.names.assign(tree_.Names(e).begin(), tree_.Names(e).end());
        return Wrap("Record", std::move(record));
      }
      case ExprKind::kCall:
        return Wrap(InfoOf(e.function()).name, Items(e));
      default:
        break;
    }
    for (const Member& unary : kUnary) {
      if (unary.kind == e.kind) return WriteParts(unary.name, e, {"arg"});
    }
    for (const Member& binary : kBinary) {
      if (binary.kind == e.kind) return WriteParts(binary.name, e, {"left", "right"});
    }
    return Json();
  }

 private:
  static Json Wrap(absl::string_view name, Json inner) {
    Json json = Json::Object();
    json.Set(name, std::move(inner));
    return json;
  }
  Json Parts(const Expr& e, std::initializer_list<absl::string_view> names) const {
    Json json = Json::Object();
    uint32_t i = 0;
    for (absl::string_view name : names) json.Set(name, Write(tree_.ChildId(e, i++)));
    return json;
  }
  Json WriteParts(absl::string_view name, const Expr& e, std::initializer_list<absl::string_view> names) const {
    return Wrap(name, Parts(e, names));
  }
  Json Items(const Expr& e) const {
    Json json = Json::Array();
    for (ExprId child : tree_.Children(e)) json.items.push_back(Write(child));
    return json;
  }
  Json WriteChain(const Expr& e) const {
    Json chain = Write(tree_.ChildId(e, 0));
    for (uint32_t i = 1; i < e.child_count; ++i) {
      Json inner = Json::Object();
      inner.Set("left", std::move(chain)).Set("right", Write(tree_.ChildId(e, i)));
      chain = Wrap(OperatorText(e.kind), std::move(inner));
    }
    return chain;
  }
  Json WriteHas(const Expr& e) const {
    Json path = Json::Array();
    for (const std::string& name : tree_.Names(e)) path.items.push_back(Json::String(name));
    Json inner = Parts(e, {"left"});
    inner.Set("attr", path.items.size() == 1 ? std::move(path.items[0]) : std::move(path));
    return Wrap("has", std::move(inner));
  }
  Json WriteLike(const Expr& e) const {
    Json pattern = Json::Array();
    for (const Pattern::Element& element : tree_.PatternOf(e).elements) {
      pattern.items.push_back(element.wildcard ? Json::String("Wildcard")
                                               : Wrap("Literal", Json::String(element.text)));
    }
    Json inner = Parts(e, {"left"});
    inner.Set("pattern", std::move(pattern));
    return Wrap("like", std::move(inner));
  }

  const ExprTree& tree_;
};

// Levels that the expression takes in JSON, where chains nest.
int JsonHeight(const ExprTree& tree, ExprId id) {
  const Expr& e = tree[id];
  bool chain = e.kind == ExprKind::kAnd || e.kind == ExprKind::kOr;
  int below = 0;
  for (uint32_t i = 0; i < e.child_count; ++i) {
    int child = JsonHeight(tree, tree.ChildId(e, i));
    below = chain && i > 0 ? std::max(below, child) + 2 : std::max(below, child);
  }
  return std::min(chain ? below : below + 2, kPolicyJsonDepthMax + 1);
}

}  // namespace

absl::StatusOr<ExprId> ExprFromJson(const Json& json, std::string what, ExprTree* tree) {
  return Reader(std::move(what), tree).Read(json);
}

absl::StatusOr<Json> ExprToJson(const ExprTree& tree, ExprId id) {
  // The policy around it takes a few levels too.
  constexpr int kAroundMax = 8;
  if (JsonHeight(tree, id) > kPolicyJsonDepthMax - kAroundMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the policy is too deep for JSON, which may nest ", kPolicyJsonDepthMax, " levels deep"));
  }
  return Writer(tree).Write(id);
}

}  // namespace cedar::internal
