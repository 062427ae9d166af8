#include "cedar/schema.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "cedar/schema_model.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

Schema Parsed(absl::string_view text) {
  absl::StatusOr<Schema> schema = Schema::Parse(text);
  if (!schema.ok()) ADD_FAILURE() << schema.status();
  return schema.ok() ? *std::move(schema) : Schema::Parse("").value();
}

std::string AttributesOf(const Schema& schema, absl::string_view type) {
  const internal::EntityTypeModel* entity = schema.model().FindEntityType(type);
  return entity ? entity->attributes->ToString() : "no such type";
}

std::vector<std::string> AncestorsOf(const Schema& schema, const char* uid) {
  std::vector<std::string> ancestors;
  schema.actions().ForEachAncestor(EntityUid::Parse(uid).value(),
                                   [&](const EntityUid& ancestor) { ancestors.push_back(ancestor.ToString()); });
  return ancestors;
}

TEST(SchemaTest, ReadsEveryConstruct) {
  const Schema schema = Parsed(R"(
    // A comment.
    @doc("text") @flag entity Group;
    type Name = String;
    entity User, Robot in [Group, Corp::Team] = {
      name: Name, "odd key"?: Set<Set<Long>>, @note("n") where: { ip: ipaddr, "when"?: datetime, },
    } tags Set<String>;
    entity Plain in Group { flag: __cedar::Bool };
    entity Color enum ["red", "gr\"een"];
    action read, "write it" appliesTo { principal: User, resource: [Plain, Color], context: Ctx, };
    type Ctx = { d: decimal, how?: duration };
    action bare;
    @doc("a namespace")
    namespace Corp {
      entity Team in Org = { boss: User, self: Team };
      entity Org;
      type Deep = { team: Corp::Team };
      action lead in ["all", Action::"read", Corp::Action::"every"] appliesTo {
        context: Deep, resource: [Group], principal: [Team] };
      action "all" in every;
      action every attributes {};
    }
  )");
  const internal::SchemaModel& model = schema.model();
  EXPECT_EQ(AttributesOf(schema, "User"),
            "{name: String, \"odd key\"?: Set<Set<Long>>, where: {ip: ipaddr, when?: datetime}}");
  EXPECT_EQ(AttributesOf(schema, "Robot"), AttributesOf(schema, "User"));
  EXPECT_EQ(model.FindEntityType("Robot")->tags->ToString(), "Set<String>");
  EXPECT_EQ(model.FindEntityType("Group")->tags, nullptr);
  EXPECT_EQ(AttributesOf(schema, "Plain"), "{flag: Bool}");
  EXPECT_EQ(AttributesOf(schema, "Corp::Team"), "{boss: User, self: Corp::Team}");
  EXPECT_THAT(model.FindEntityType("Color")->choices, UnorderedElementsAre("red", "gr\"een"));
  EXPECT_TRUE(model.MayBeIn("User", "Corp::Org"));
  EXPECT_TRUE(model.MayBeIn("User", "User"));
  EXPECT_FALSE(model.MayBeIn("Group", "User"));

  const internal::ActionModel* write = model.FindAction(EntityUid("Action", "write it"));
  ASSERT_NE(write, nullptr);
  EXPECT_TRUE(write->AppliesTo("User", "Color"));
  EXPECT_FALSE(write->AppliesTo("Color", "User"));
  EXPECT_EQ(write->context->ToString(), "{d: decimal, how?: duration}");
  EXPECT_TRUE(model.FindAction(EntityUid("Action", "bare"))->principals.empty());
  EXPECT_EQ(model.FindAction(EntityUid("Corp::Action", "lead"))->context->ToString(), "{team: Corp::Team}");
}

TEST(SchemaTest, ActionsAreEntitiesInTheirGroups) {
  const Schema schema = Parsed(R"(
    action top;
    action middle in top;
    action leaf in [middle];
    namespace N { action top2; action leaf2 in [top2, Action::"middle"]; })");
  EXPECT_EQ(schema.actions().size(), 5u);
  EXPECT_THAT(AncestorsOf(schema, "Action::\"leaf\""), UnorderedElementsAre("Action::\"middle\"", "Action::\"top\""));
  EXPECT_THAT(AncestorsOf(schema, "N::Action::\"leaf2\""),
              UnorderedElementsAre("N::Action::\"top2\"", "Action::\"middle\"", "Action::\"top\""));
  EXPECT_THAT(AncestorsOf(schema, "Action::\"top\""), UnorderedElementsAre());
}

TEST(SchemaTest, LooksNamesUpFromTheInsideOut) {
  const struct {
    const char* what;
    const char* text;
    const char* type;
    const char* attributes;
  } cases[] = {
      {"own namespace before none", "entity B; namespace N { entity A = { b: B }; }", "N::A", "{b: B}"},
      {"common type before entity type", "entity T; type T = Long; entity A = { t: T };", "A", "{t: Long}"},
      {"an entity may be called like a type of the language", "entity Long; entity A = { l: Long, m: __cedar::Long };",
       "A", "{l: Long, m: Long}"},
      {"words of the grammar are names", "entity entity = { type: String, in: Bool };", "entity", nullptr},
      {"words of the grammar are names, quoted where reserved",
       "entity entity = { type: String, \"in\": Bool, tags: Set<Bool> } tags Long;", "entity",
       "{\"in\": Bool, tags: Set<Bool>, type: String}"},
      {"types in any order", "entity A = { a: One }; type One = Two; type Two = Set<A>;", "A", "{a: Set<A>}"},
  };
  for (const auto& c : cases) {
    absl::StatusOr<Schema> schema = Schema::Parse(c.text);
    ASSERT_EQ(schema.ok(), c.attributes != nullptr) << c.what << ": " << schema.status();
    if (c.attributes) {
      EXPECT_EQ(AttributesOf(*schema, c.type), c.attributes) << c.what;
    }
  }
}

TEST(SchemaTest, SaysWhatIsWrongAndWhere) {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {
      {"entity A", "s:1:9: error: expected \";\" at the end of the entity type, found the end of the text"},
      {"entity A\n  in B;", "s:2:6: error: there is no entity type B"},
      {"entity Alpha; entity B in Alpka;", "help: did you mean Alpha?"},
      {"entity A = { x: Lnog };", "s:1:17: error: there is no type Lnog"},
      {"entity A; entity A;", "s:1:18: error: the entity type \"A\" stands here twice"},
      {"type A = Long; type A = Long;", "the type \"A\" stands here twice"},
      {"action a, a;", "the action \"a\" stands here twice"},
      {"entity A = { x: Long, x: Long };", "the attribute \"x\" stands here twice"},
      {"namespace N {} namespace N {}", "the namespace N stands here twice"},
      {"namespace N { namespace M {} }", "a namespace cannot stand in a namespace"},
      {"namespace N { entity A;", "expected \"}\" at the end of the namespace"},
      {"type T = Long; namespace N { entity T; }", "T hides the type of that name outside"},
      {"action a; namespace N { action a; }", "the action \"a\" hides the one of that name"},
      {"type String = Long;", "no common type can be called String"},
      {"entity Action;", "no entity type can be called Action"},
      {"namespace __cedar { entity A; }", "belong to the language itself"},
      {"type A = B; type B = Set<A>;", "contains itself"},
      {"type A = { a?: A };", "the type A contains itself"},
      {"action a in b; action b in a;", "is its own ancestor"},
      {"action a in b;", "there is no action \"b\""},
      {"action a in [];", "expected an action, found \"]\""},
      {"entity E; action a appliesTo { principal: E };", "appliesTo does not say resource"},
      {"entity E; action a appliesTo { principal: [], resource: E };", "this list of types is empty"},
      {"entity E; action a appliesTo { principal: E, principal: E, resource: E };", "principal stands here twice"},
      {"entity E; action a appliesTo { principal: E, resource: E, context: Set<Long> };",
       "a context must be a record, found Set<Long>"},
      {"entity E; action a appliesTo { principal: E, resource: E, subject: E };",
       "expected principal, resource or context, found \"subject\""},
      {"action a attributes { x: Long };", "actions cannot have attributes"},
      {"entity A enum [];", "expected an id between quotes"},
      {"entity A enum [\"x\"] = {};", "expected \";\""},
      {"entity in;", "\"in\" is a reserved word"},
      {"entity A = { true: Long };", "\"true\" is a reserved word"},
      {"entity A = Long;", "expected \"{\" and the attributes after \"=\""},
      {"@a(\"1\") @a(\"2\") entity A;", "the annotation @a stands here twice"},
      {"@a(1) entity A;", "expected the annotation's value, a string, found \"1\""},
      {"entity A = { x: Set<Long };", "expected \">\" after the set's element type"},
      {"entity A enum [\"\\q\"];", "unknown escape"},
      {"grant;", "expected \"entity\", \"action\", \"type\" or \"namespace\", found \"grant\""},
  };
  for (const auto& c : cases) {
    ParseOptions options;
    options.file_name = "s";
    absl::StatusOr<Schema> schema = Schema::Parse(c.text, options);
    ASSERT_FALSE(schema.ok()) << c.text;
    EXPECT_THAT(schema.status().message(), HasSubstr(c.error)) << c.text;
  }
}

TEST(SchemaTest, CollectsSeveralErrors) {
  std::vector<Diagnostic> diagnostics;
  EXPECT_FALSE(Schema::Parse("entity A = 5; entity B in C; action; entity D;", {}, &diagnostics).ok());
  ASSERT_EQ(diagnostics.size(), 2u);
  EXPECT_EQ(diagnostics[1].position.column, 36);
}

TEST(SchemaTest, RefusesWhatIsTooLarge) {
  std::string nested = "entity A = { x: ";
  for (int i = 0; i < 5000; ++i) nested += "Set<";
  EXPECT_THAT(Schema::Parse(nested).status().message(), HasSubstr("types may nest"));

  // Each type is twice the one before.
  std::string doubling = "type T0 = { a: Long, b: Long };";
  for (int i = 1; i < 60; ++i) absl::StrAppend(&doubling, "type T", i, " = { a: T", i - 1, ", b: T", i - 1, " };");
  EXPECT_THAT(Schema::Parse(doubling).status().message(), HasSubstr("this type is too large"));

  std::string chain = "type T0 = Long;";
  for (int i = 1; i < 3000; ++i) absl::StrAppend(&chain, "type T", i, " = T", i - 1, ";");
  EXPECT_THAT(Schema::Parse(chain).status().message(), HasSubstr("through more than"));
}

TEST(SchemaTest, BothFormsRoundTrip) {
  const struct {
    const char* what;
    const char* text;
  } cases[] = {
      {"nothing", ""},
      {"everything", R"(
         @doc("x") @flag entity Group;
         type Name = String;
         entity User, Robot in [Group, Corp::Team] = {
           name: Name, "odd key"?: Set<Set<Long>>, @note("n") @m where: { ip: ipaddr, "when"?: datetime, "in": {} }
         } tags Set<String>;
         entity Empty = {};
         entity Color enum ["red", "gr\"een"];
         action read, "write it" appliesTo { principal: User, resource: [Empty, Color], context: Ctx };
         @c("t") type Ctx = { d: decimal, how?: __cedar::duration };
         action bare;
         @doc("a namespace") namespace Corp::Inner { }
         namespace Corp {
           entity Team in Org = { boss: User, self: Team };
           entity Org;
           action lead in ["all", Action::"read", Corp::Action::"all"] appliesTo {
             resource: Group, principal: Team, context: { a: Long } };
           action "all", "in";
         })"},
  };
  for (const auto& c : cases) {
    const Schema schema = Parsed(c.text);
    const std::string text = schema.ToText().value(), json = schema.ToJson();
    const Schema from_text = Parsed(text);
    EXPECT_EQ(from_text.ToText().value(), text) << c.what;
    EXPECT_EQ(from_text.ToJson(), json) << c.what;
    const auto from_json = Schema::ParseJson(json);
    ASSERT_TRUE(from_json.ok()) << c.what << from_json.status() << json;
    EXPECT_EQ(from_json->ToText().value(), text) << c.what;
    EXPECT_EQ(from_json->ToJson(), json) << c.what;
  }
}

TEST(SchemaTest, ReadsJson) {
  // The type of A's attribute x; null: refused.
  const struct {
    const char* type;
    const char* means;
  } cases[] = {
      {R"({"type": "Long"})", "Long"},
      {R"({"type": "Boolean"})", "Bool"},
      {R"({"type": "Bool"})", "Bool"},
      {R"({"type": "__cedar::String"})", "String"},
      {R"({"type": "ipaddr"})", "ipaddr"},
      {R"({"type": "Extension", "name": "decimal"})", "decimal"},
      {R"({"type": "Extension", "name": "foo"})", nullptr},
      {R"({"type": "Extension", "name": "Long"})", nullptr},
      {R"({"type": "Set", "element": {"type": "Long"}})", "Set<Long>"},
      {R"({"type": "Set"})", nullptr},
      {R"({"type": "Record", "attributes": {"y": {"type": "Long", "required": false}}})", "{y?: Long}"},
      {R"({"type": "Record"})", nullptr},
      {R"({"type": "Record", "attributes": {}, "additionalAttributes": false})", "{}"},
      {R"({"type": "Record", "attributes": {}, "additionalAttributes": true})", nullptr},
      {R"({"type": "Entity", "name": "L"})", "L"},
      {R"({"type": "Entity", "name": "C"})", nullptr},
      {R"({"type": "EntityOrCommon", "name": "C"})", "Long"},
      {R"({"type": "EntityOrCommon", "name": "L"})", "L"},
      {R"({"type": "C"})", "Long"},
      {R"({"type": "L"})", nullptr},
      {R"({"type": "Long", "annotations": {"a": "b", "c": null}})", "Long"},
      {R"({"type": "Long", "required": 1})", nullptr},
      {R"({"type": "Long", "element": {"type": "Long"}})", nullptr},
      {R"({"type": "Set", "element": {"type": "Long", "required": false}})", nullptr},
      {R"({"type": "EntityOrCommon", "name": "a b"})", nullptr},
      {R"("Long")", nullptr},
      {"{}", nullptr},
  };
  for (const auto& c : cases) {
    const auto schema = Schema::ParseJson(
        absl::StrCat(R"({"": {"entityTypes": {"L": {}, "A": {"shape": {"type": "Record", "attributes": {"x": )", c.type,
                     R"(}}}}, "actions": {}, "commonTypes": {"C": {"type": "Long"}}}})"));
    ASSERT_EQ(schema.ok(), c.means != nullptr) << c.type << schema.status();
    if (c.means) {
      EXPECT_EQ(schema->model().FindEntityType("A")->attributes->Field("x")->type->ToString(), c.means) << c.type;
    }
  }
}

TEST(SchemaTest, RefusesWhatIsNoJsonSchema) {
  const struct {
    const char* json;
    const char* error;  // null: accepted
  } cases[] = {
      {"{}", nullptr},
      {"[]", "schema: expected an object, found an array"},
      {R"({"": {}})", "expected \"entityTypes\""},
      {R"({"": {"entityTypes": {}}})", "expected \"actions\""},
      {R"({"": {"entityTypes": {}, "actions": {}, "zz": 1}})", "there is no member \"zz\" here"},
      {R"({"": {"entityTypes": {"A": {"zz": 1}}, "actions": {}}})", "\"\".entityTypes.A: there is no member \"zz\""},
      {R"({"": {"entityTypes": {"A": {"memberOfTypes": ["B"]}}, "actions": {}}})", "there is no entity type B"},
      {R"({"": {"entityTypes": {"A": {"shape": {"type": "Long"}}}, "actions": {}}})", "must be a record, found Long"},
      {R"({"": {"entityTypes": {"A": {"enum": []}}, "actions": {}}})", "\"enum\" to be a list of ids"},
      {R"({"": {"entityTypes": {"A": {"enum": ["a"], "tags": {"type": "Long"}}}, "actions": {}}})",
       "an enumerated type has no parents"},
      {R"({"": {"entityTypes": {"if": {}}, "actions": {}}})", "this is no entity type's name"},
      {R"({"a b": {"entityTypes": {}, "actions": {}}})", "this is no namespace's name"},
      {R"({"": {"entityTypes": {}, "actions": {}, "annotations": {}}})", "the empty namespace has no annotations"},
      {R"({"": {"entityTypes": {"A": {}}, "actions": {"a": {"appliesTo": null}}}})", nullptr},
      {R"({"": {"entityTypes": {"A": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["A"]}}}}})",
       "appliesTo: expected \"resourceTypes\""},
      {R"({"": {"entityTypes": {}, "actions": {"a": {"attributes": {}}}}})", "actions cannot have attributes"},
      {R"({"": {"entityTypes": {}, "actions": {"a": {"memberOf": [{"id": "b", "type": "Foo"}]}, "b": {}}}})",
       "there is no action \"b\""},
      {R"({"": {"entityTypes": {}, "actions": {"a": {"memberOf": [{"id": "b", "type": "Action"}]}, "b": {}}}})",
       nullptr},
      {R"({"": {"commonTypes": {"Long": {"type": "String"}}, "entityTypes": {}, "actions": {}}})",
       "no common type can be called Long"},
      {R"({"": {"entityTypes": {"A": {}, "A": {}}, "actions": {}}})", "stands twice"},
  };
  for (const auto& c : cases) {
    const auto schema = Schema::ParseJson(c.json);
    ASSERT_EQ(schema.ok(), c.error == nullptr) << c.json << schema.status();
    EXPECT_THAT(std::string(schema.status().message()), HasSubstr(c.error ? c.error : "")) << c.json;
  }
}

TEST(SchemaTest, SaysWhatHasNoText) {
  const auto shape = Schema::ParseJson(
      R"({"": {"entityTypes": {"A": {"shape": {"type": "C"}}}, "actions": {},
          "commonTypes": {"C": {"type": "Record", "attributes": {}}}}})");
  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_THAT(std::string(shape->ToText().status().message()), HasSubstr("the attributes of A are the type C"));
  const auto hidden = Schema::ParseJson(
      R"({"": {"entityTypes": {"C": {}, "A": {"tags": {"type": "Entity", "name": "C"}}}, "actions": {},
          "commonTypes": {"C": {"type": "Long"}}}})");
  ASSERT_TRUE(hidden.ok()) << hidden.status();
  EXPECT_THAT(std::string(hidden->ToText().status().message()), HasSubstr("hidden by a common type"));
}

TEST(SchemaTest, AnEmptyNamespaceHasNoText) {
  const auto schema = Schema::ParseJson(
      R"({"": {"entityTypes": {}, "actions": {}}, "N": {"entityTypes": {"A": {}}, "actions": {}}})");
  ASSERT_TRUE(schema.ok()) << schema.status();
  const std::string text = schema->ToText().value();
  EXPECT_EQ(text, "namespace N {\n  entity A;\n}\n");
  EXPECT_EQ(Schema::Parse(text).value().ToText().value(), text);
}

TEST(SchemaTest, ReadsTheVocabularyBesideIt) {
  std::ifstream file(absl::StrCat(SALLYPORT_SOURCE_DIR, "/policies/facility.cedarschema"));
  if (!file) GTEST_SKIP() << "this library stands alone";
  std::stringstream text;
  text << file.rdbuf();
  const Schema schema = Parsed(text.str());
  EXPECT_THAT(AncestorsOf(schema, "Action::\"sallyport.operator.v1.OperatorService/WhoAmI\""),
              UnorderedElementsAre("Action::\"api\""));
  EXPECT_TRUE(schema.model().MayBeIn("AccessPoint", "Site"));
}

}  // namespace
}  // namespace cedar
