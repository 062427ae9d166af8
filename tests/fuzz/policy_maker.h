#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"

namespace fuzz {

// Turns any bytes into a policy over the schema of world.h that is mostly well typed, but guards optional attributes
// and tags in ways that are sometimes right and sometimes not: what a validator must tell apart. Every byte is a
// choice; after the last one the shortest choices are made.
class PolicyMaker {
 public:
  explicit PolicyMaker(std::string_view bytes) : bytes_(bytes) {}

  std::string Policy() {
    std::string text = Below(3) == 0 ? "forbid(principal" : "permit(principal";
    text += One({"", " is A", " == A::\"full\"", " in G::\"g\"", " is A in A::\"bare\""});
    text += One({", action", ", action == Action::\"x\"", ", action in Action::\"top\"",
                 ", action in [Action::\"x\", Action::\"y\"]"});
    text += One({", resource)", ", resource is A)", ", resource is C)", ", resource == C::\"g\")"});
    for (size_t i = 1 + Below(2); i > 0; --i) absl::StrAppend(&text, One({" when { ", " unless { "}), Bool(5), " }");
    return text + ";";
  }

 private:
  using Choices = std::vector<const char*>;

  size_t Below(size_t n) {
    if (at_ >= bytes_.size()) return 0;
    return static_cast<uint8_t>(bytes_[at_++]) % n;
  }
  const char* One(const Choices& choices) { return choices[Below(choices.size())]; }

  // An optional attribute with a test of it before, behind an entity of type A, or without.
  std::string Optional(const char* name, int depth, const char* otherwise) {
    const std::string owner = A(depth - 1);
    const std::string test = absl::StrCat("(", owner, ") has ", name), read = absl::StrCat("(", owner, ").", name);
    switch (Below(4)) {
      case 0:
        return otherwise;
      case 1:
        return read;
      case 2:
        return absl::StrCat("(if ", Bool(depth - 1), " && ", test, " then ", read, " else ", otherwise, ")");
      default:
        return absl::StrCat("(if ", test, " then ", read, " else ", otherwise, ")");
    }
  }
  std::string If(int depth, std::string (PolicyMaker::*make)(int)) {
    const std::string condition = Bool(depth - 1), yes = (this->*make)(depth - 1);
    return absl::StrCat("(if ", condition, " then ", yes, " else ", (this->*make)(depth - 1), ")");
  }
  std::string Two(int depth, std::string (PolicyMaker::*make)(int), const char* between, const char* behind = ")") {
    const std::string left = (this->*make)(depth - 1);
    return absl::StrCat("((", left, ")", between, "(", (this->*make)(depth - 1), ")", behind);
  }

  std::string Long(int depth) {
    switch (depth <= 0 ? Below(3) : Below(12)) {
      case 0:
        return One({"1", "0", "9223372036854775807", "-1"});
      case 1:
        return "principal.l";
      case 2:
        return One({"principal.r.x", "context.n", "principal.r.z.q", "resource.l"});
      case 3:
        return Two(depth, &PolicyMaker::Long, One({" + ", " - ", " * "}));
      case 4:
        return absl::StrCat("-(", Long(depth - 1), ")");
      case 5:
        return If(depth, &PolicyMaker::Long);
      case 6:
        return Tag(depth);
      case 7:
        return absl::StrCat("(", Duration(depth - 1), ").", One({"toMilliseconds()", "toDays()"}));
      case 8:
        return "(if context has n then context.n else 2)";
      case 9:
        return "(if principal has r.z.q then principal.r.z.q else 0)";
      case 10:
        return absl::StrCat("{\"x\": ", Long(depth - 1), "}.x");
      default:
        return absl::StrCat("(", A(depth - 1), ").l");
    }
  }
  std::string Tag(int depth) {
    const std::string owner = A(depth - 1), name = String(depth - 1);
    const std::string read = absl::StrCat("(", owner, ").getTag(", Below(8) == 0 ? "\"t\"" : name, ")");
    if (Below(4) == 0) return read;
    return absl::StrCat("(if (", owner, ").hasTag(", name, ") then ", read, " else 3)");
  }

  std::string String(int depth) {
    switch (depth <= 0 ? Below(1) : Below(3)) {
      case 0:
        return One({"\"t\"", "\"\"", "\"text\"", "\"\\u{1F511}\""});
      case 1:
        return Optional("s", depth, "\"a\"");
      default:
        return If(depth, &PolicyMaker::String);
    }
  }

  std::string A(int depth) {
    switch (depth <= 0 ? Below(2) : Below(7)) {
      case 0:
        return "principal";
      case 1:
        return One({"A::\"full\"", "A::\"bare\"", "A::\"gone\"", "resource"});
      case 2:
        return Optional("e", depth, "principal");
      case 3:
        return "(if context has e then context.e else principal)";
      case 4:
        return "(if principal.r has y then principal.r.y else principal)";
      case 5:
        return One({"context.e", "principal.r.y", "principal.e"});
      default:
        return If(depth, &PolicyMaker::A);
    }
  }
  std::string Group(int depth) {
    switch (Below(5)) {
      case 0:
        return One({"G::\"g\"", "C::\"r\"", "Action::\"top\""});
      case 1:
        return absl::StrCat("(", A(depth - 1), ").g");
      case 2:
        return absl::StrCat("[", A(depth - 1), ", ", A(depth - 1), "]");
      case 3:
        return SetOfA(depth - 1);
      default:
        return A(depth - 1);
    }
  }
  std::string SetOfA(int depth) {
    return Below(2) == 0 ? absl::StrCat("(", A(depth - 1), ").SE") : absl::StrCat("[", A(depth - 1), "]");
  }
  std::string Set(int depth) {
    switch (depth <= 0 ? Below(2) : Below(4)) {
      case 0:
        return "principal.S";
      case 1:
        return "[1, 2]";
      case 2:
        return If(depth, &PolicyMaker::Set);
      default:
        return absl::StrCat("[", Long(depth - 1), ", ", Long(depth - 1), "]");
    }
  }

  std::string Decimal(int depth) { return Extension(depth, "d", "decimal(\"1.5\")", "context.d"); }
  std::string Ip(int depth) { return Extension(depth, "i", "ip(\"10.0.0.0/8\")", "ip(\"::1\")"); }
  std::string Datetime(int depth) {
    if (depth > 0 && Below(3) == 0) {
      return absl::StrCat("(", Datetime(depth - 1), ").", One({"toDate()", "offset(context.u)"}));
    }
    return Extension(depth, "t", "datetime(\"2024-02-29\")", "context.t");
  }
  std::string Duration(int depth) {
    if (depth > 0 && Below(3) == 0) {
      const std::string time = Datetime(depth - 1);
      return Below(2) ? absl::StrCat("(", time, ").toTime()")
                      : absl::StrCat("(", time, ").durationSince(", Datetime(depth - 1), ")");
    }
    return Extension(depth, "u", "duration(\"1h\")", "context.u");
  }
  std::string Extension(int depth, const char* name, const char* literal, const char* required) {
    if (depth > 0 && Below(2)) return Optional(name, depth, literal);
    return Below(2) ? required : literal;
  }

  // A test that something is there, which may make known that it is.
  std::string Has(int depth) {
    if (Below(4) == 0) return absl::StrCat("(", A(depth - 1), ").hasTag(", String(depth - 1), ")");
    static const Choices kNames = {"s", "b", "e",    "d",   "i",     "t",     "u",   "c",
                                   "l", "r", "nope", "r.z", "r.z.q", "r.y.s", "e.e", "e.s"};
    const std::string owner = A(depth - 1);
    return Below(4) == 0 ? One({"context has n", "context has e", "context has i", "context has e.s"})
                         : absl::StrCat("(", owner, ") has ", One(kNames));
  }
  std::string Bool(int depth) {
    if (depth <= 0) return One({"true", "false", "context.b", "principal.b", "resource is A", "principal has s"});
    switch (Below(16)) {
      case 0:
        return Has(depth);
      case 1:
      case 2:
        return Two(depth, &PolicyMaker::Bool, " && ");
      case 3:
        return Two(depth, &PolicyMaker::Bool, " || ");
      case 4:
        return absl::StrCat("!(", Bool(depth - 1), ")");
      case 5:
        return If(depth, &PolicyMaker::Bool);
      case 6:
        return Optional("b", depth, "true");
      case 7:
        return Two(depth, &PolicyMaker::Long, One({" < ", " >= ", " == "}));
      case 8:
        return Compare(depth);
      case 9:
        return absl::StrCat("(", A(depth - 1), ") in ", Group(depth));
      case 10:
        return absl::StrCat("(", A(depth - 1), ") is ", One({"A", "G", "C", "A in G::\"g\"", "A in principal"}));
      case 11:
        return absl::StrCat("(", Set(depth - 1), ").contains(", Long(depth - 1), ")");
      case 12:
        return Two(depth, &PolicyMaker::Set, One({".containsAny", ".containsAll", " == "}));
      case 13:
        return absl::StrCat("(", String(depth - 1), ") like ", One({"\"*\"", "\"a*b*\"", "\"\\*\""}));
      case 14:
        return absl::StrCat("resource is A && (resource.l == 1 || ", Has(depth - 1), ")");
      default:
        return One({"context.b", "principal.SE.contains(principal)", "context.s.isEmpty()", "resource == principal"});
    }
  }
  std::string Compare(int depth) {
    switch (Below(6)) {
      case 0:
        return Two(depth, &PolicyMaker::A, " == ");
      case 1:
        return Two(depth, &PolicyMaker::String, " != ");
      case 2:
        return Two(depth, &PolicyMaker::Decimal, One({".lessThan", " == "}));
      case 3:
        return Two(depth, &PolicyMaker::Ip, One({".isInRange", " == "}));
      case 4:
        return Two(depth, &PolicyMaker::Datetime, One({" < ", " == "}));
      default:
        return Two(depth, &PolicyMaker::Duration, One({" >= ", " != "}));
    }
  }

  std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace fuzz
