#include "cedar/value.h"

#include <limits>

#include "absl/container/flat_hash_set.h"
#include "cedar/authorizer.h"
#include "cedar/entity_store.h"
#include "cedar/text.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

std::vector<Value> OneOfEach() {
  return {Value::Bool(false),
          Value::Bool(true),
          Value::Long(-1),
          Value::Long(0),
          Value::String(""),
          Value::String("0"),
          Value::Entity(EntityUid("A", "1")),
          Value::Entity(EntityUid("A", "2")),
          Value::Entity(EntityUid("B", "1")),
          Value::Set({}),
          Value::Set({Value::Long(0)}),
          Value::Set({Value::Long(0), Value::Long(1)}),
          Value::Record({}),
          Value::Record({{"a", Value::Long(0)}}),
          Value::Record({{"a", Value::Long(1)}}),
          Value::Record({{"a", Value::Long(0)}, {"b", Value::Long(0)}}),
          Value::Record({{"b", Value::Long(0)}}),
          Value::Decimal(0),
          Value::Ipaddr(IpAddress::Parse("1.2.3.4").value()),
          Value::Ipaddr(IpAddress::Parse("1.2.3.4/31").value()),
          Value::Ipaddr(IpAddress::Parse("::1").value()),
          Value::Datetime(0),
          Value::Duration(0)};
}

TEST(ValueTest, OrderIsTotalAndAgreesWithEquality) {
  const std::vector<Value> all = OneOfEach();
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < all.size(); ++j) {
      const int c = Value::Compare(all[i], all[j]);
      EXPECT_EQ(c == 0, i == j) << all[i].ToString() << " and " << all[j].ToString();
      EXPECT_EQ(all[i] == all[j], i == j) << all[i].ToString() << " and " << all[j].ToString();
      EXPECT_EQ(c<0, Value::Compare(all[j], all[i])> 0);
      for (const Value& third : all) {
        if (c < 0 && Value::Compare(all[j], third) < 0) {
          EXPECT_LT(Value::Compare(all[i], third), 0);
        }
      }
    }
  }
}

TEST(ValueTest, TextEvaluatesToTheValue) {
  Request request;
  const EntityStore nothing;
  std::vector<Value> all = OneOfEach();
  all.push_back(Value::Long(std::numeric_limits<int64_t>::min()));
  all.push_back(Value::Decimal(std::numeric_limits<int64_t>::min()));
  all.push_back(Value::Datetime(std::numeric_limits<int64_t>::min()));
  all.push_back(Value::Duration(std::numeric_limits<int64_t>::max()));
  all.push_back(Value::String(absl::string_view("\0\n\"\\*\xE2\x80\xAE \xF0\x9F\x94\x91", 13)));
  all.push_back(Value::Record({{"if", Value::Set({Value::Record({{"a b", Value::Bool(true)}})})}}));
  for (const Value& value : all) {
    const auto again = EvaluateExpr(value.ToString(), request, nothing);
    ASSERT_TRUE(again.ok()) << value.ToString() << ": " << again.status();
    EXPECT_EQ(*again, value) << value.ToString();
  }
}

TEST(ValueTest, SetsHaveNoOrderAndNoDuplicates) {
  const Value a = Value::Set({Value::Long(2), Value::Long(1), Value::Long(2)});
  EXPECT_EQ(a.elements().size(), 2u);
  EXPECT_EQ(a, Value::Set({Value::Long(1), Value::Long(2)}));
  std::vector<Value> many;
  for (int i = 0; i < 100; ++i) many.push_back(Value::Long(i * 7 % 100));
  const Value set = Value::Set(many);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(set.Contains(Value::Long(i)));
  EXPECT_FALSE(set.Contains(Value::Long(100)));
  EXPECT_FALSE(set.Contains(Value::String("1")));
}

TEST(ValueTest, OfEqualFieldsTheLastStays) {
  const Value r = Value::Record({{"a", Value::Long(1)}, {"b", Value::Long(2)}, {"a", Value::Long(3)}});
  EXPECT_EQ(r.fields().size(), 2u);
  EXPECT_EQ(*r.Field("a"), Value::Long(3));
  EXPECT_EQ(r.Field("c"), nullptr);
  const Value twice = Value::Record({{"a", Value::Long(1)}, {"a", Value::Long(2)}, {"b", Value::Long(3)}});
  EXPECT_EQ(twice, Value::Record({{"b", Value::Long(3)}, {"a", Value::Long(2)}}));
  std::vector<RecordField> wide;
  for (int i = 0; i < 30; ++i) wide.push_back({std::string(1, static_cast<char>('z' - i % 26)), Value::Long(i)});
  const Value w = Value::Record(wide);
  EXPECT_EQ(w.fields().size(), 26u);
  EXPECT_EQ(*w.Field("z"), Value::Long(26));
  EXPECT_EQ(w.Field("zz"), nullptr);
}

TEST(ValueTest, ABorrowedSetIsASet) {
  const std::vector<Value> sorted = {Value::BorrowedString("a"), Value::BorrowedString("b"),
                                     Value::BorrowedString("c")};
  const Value whole = Value::BorrowedSet(sorted);
  EXPECT_FALSE(whole.owned());
  EXPECT_EQ(whole, Value::Set({Value::String("c"), Value::String("a"), Value::String("b")}));
  EXPECT_TRUE(whole.Contains(Value::String("b")));
  EXPECT_TRUE(whole.DeepCopy().elements()[0].owned());
  // The same memory is not the same set.
  EXPECT_NE(whole, Value::BorrowedSet(absl::MakeConstSpan(sorted).first(2)));
  EXPECT_EQ(Value::BorrowedSet({}), Value::Set({}));
}

TEST(ValueTest, OwnsBorrowsAndCopies) {
  const std::string text = "some text";
  const Value borrowed = Value::Set({Value::BorrowedString(text)});
  const Value copy = borrowed.DeepCopy();
  EXPECT_EQ(copy, borrowed);
  EXPECT_TRUE(copy.elements()[0].owned());
  EXPECT_FALSE(borrowed.elements()[0].owned());

  EntityUid uid("Type", "id");
  Value entity = Value::Entity(uid);
  uid = EntityUid();
  EXPECT_EQ(entity.entity_value().id(), "id");
  Value moved = std::move(entity);
  entity = moved;
  moved = Value::Long(1);
  EXPECT_EQ(entity.ToString(), "Type::\"id\"");
  const Value view = entity.Borrow();
  EXPECT_FALSE(view.owned());
  EXPECT_EQ(view, entity);
}

TEST(EntityUidTest, ParsesAndPrints) {
  const struct {
    const char* text;
    const char* type;
    absl::string_view id;
  } good[] = {
      {"A::\"x\"", "A", "x"},
      {" A :: B\n:: \"x y\" // here", "A::B", "x y"},
      {"A::\"\"", "A", ""},
      {"A::\"\\u{1F511}\\0\\\"\"", "A", absl::string_view("\xF0\x9F\x94\x91\0\"", 6)},
      {"principal::\"x\"", "principal", "x"},
  };
  for (const auto& c : good) {
    const auto uid = EntityUid::Parse(c.text);
    ASSERT_TRUE(uid.ok()) << c.text << uid.status();
    EXPECT_EQ(uid->type(), c.type);
    EXPECT_EQ(uid->id(), c.id);
    EXPECT_EQ(EntityUid::Parse(uid->ToString()).value(), *uid);
  }
  for (const char* bad : {"", "A", "A::", "A::B", "\"x\"", "A::\"x", "A::\"x\" y", "if::\"x\"", "A::in::\"x\"",
                          "__cedar::A::\"x\"", "A:\"x\"", "A::\"\\q\"", "::A::\"x\"", "1::\"x\""}) {
    EXPECT_FALSE(EntityUid::Parse(bad).ok()) << bad;
  }
}

TEST(EntityUidTest, EqualOnesHashAlike) {
  const absl::flat_hash_set<EntityUid> set = {EntityUid("A", "1"), EntityUid("A", "1"), EntityUid("A", "2"),
                                              EntityUid("AA", "1"), EntityUid()};
  EXPECT_EQ(set.size(), 4u);
  EXPECT_TRUE(set.contains(EntityUid("AA", "1")));
  EXPECT_FALSE(set.contains(EntityUid("A", "A1")));
  EXPECT_NE(EntityUid(), EntityUid("", ""));
}

TEST(TextTest, KnowsTypeNames) {
  for (const char* good : {"A", "a_1", "_", "A::B::c", "principal", "Set"}) EXPECT_TRUE(IsTypeName(good)) << good;
  for (const char* bad : {"", "::", "A::", "::A", "A:B", "A::if", "1A", "A B", "ä", "__cedar", "A::__cedar::B"}) {
    EXPECT_FALSE(IsTypeName(bad)) << bad;
  }
}

TEST(TextTest, ResolvesEscapes) {
  const struct {
    const char* raw;
    absl::string_view text;
  } good[] = {{"plain ü", "plain ü"},
              {"\\n\\r\\t\\\\\\'\\\"", "\n\r\t\\'\""},
              {"\\0", absl::string_view("\0", 1)},
              {"\\x41\\x7f", "A\x7f"},
              {"\\u{41}\\u{00_41}", "AA"},
              {"\\u{10FFFF}", "\xF4\x8F\xBF\xBF"},
              {"a\nb", "a\nb"}};
  for (const auto& c : good) {
    std::string text;
    EscapeError error;
    ASSERT_TRUE(Unescape(c.raw, &text, &error)) << c.raw << error.message;
    EXPECT_EQ(text, c.text) << c.raw;
  }
  for (const char* bad : {"\\", "\\q", "\\x", "\\x4", "\\x80", "\\xg0", "\\u", "\\u{", "\\u{}", "\\u{1234567}",
                          "\\u{D800}", "\\u{110000}", "\\u{_41}", "\\u{4g}", "\\*", "a\rb", "a\r\nb", "\\U{41}"}) {
    std::string text;
    EscapeError error;
    EXPECT_FALSE(Unescape(bad, &text, &error)) << bad;
    EXPECT_LT(error.begin, error.end) << bad;
    EXPECT_FALSE(error.message.empty()) << bad;
  }
}

}  // namespace
}  // namespace cedar
