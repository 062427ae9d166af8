#ifndef CEDAR_LIMITS_H_
#define CEDAR_LIMITS_H_

#include <cstddef>
#include <cstdint>

// Every limit of the library. Input that exceeds one is refused with an error that names the limit.
namespace cedar {

// Bytes of one text handed to a parser (policies, schema, entities, JSON). Bounds memory at load.
inline constexpr size_t kInputBytesMax = 64u << 20;

// Levels of nesting (parentheses, sets, records, operands) that the policy and schema parsers follow. Parsing recurses,
// so this bounds the stack: one level costs under 2 KiB of it.
inline constexpr int kNestingMax = 256;

// Height of one expression tree. Left-associative chains (`a + b + c`, `a.b.c`) grow the tree without nesting; the
// evaluator, validator and printer recurse over it.
inline constexpr int kExprHeightMax = 1000;

// Expression nodes of one policy.
inline constexpr size_t kExprNodesMax = 1u << 20;

// Levels of arrays and objects in JSON, and so of sets and records in entity data.
inline constexpr int kJsonDepthMax = 128;

// The same for policies in JSON, where an expression takes two levels for each of its own.
inline constexpr int kPolicyJsonDepthMax = 2 * kExprHeightMax + 64;

// Values of one JSON document, arrays and objects included. A value takes up to 150 bytes, two bytes of text can make
// one.
inline constexpr size_t kJsonValuesMax = 4u << 20;

// Parts of one path in a type or namespace name.
inline constexpr size_t kNamePartsMax = 64;

// Annotations of one thing.
inline constexpr size_t kAnnotationsMax = 1000;

// Bytes of a schema with each declaration of several names written once for each of them.
inline constexpr size_t kSchemaWrittenOutBytesMax = 16u << 20;

// Steps from an entity to a parent, summed over the ways up from each entity of a store: what finding all ancestors
// takes, and more than there are of them.
inline constexpr size_t kAncestorStepsMax = 16u << 20;

// The same among the entity types of a schema.
inline constexpr size_t kTypeAncestorStepsMax = 1u << 20;

// Combinations of action, principal type and resource type that a schema allows. Each policy is checked for each.
inline constexpr size_t kRequestEnvsMax = 1u << 16;

// Bytes of one message, which may quote what it is about.
inline constexpr size_t kMessageBytesMax = 2000;

// Errors that one parse or validation collects before it stops.
inline constexpr size_t kDiagnosticsMax = 100;

// Levels of one schema type after common types are put in, and through which common types may refer to each other.
inline constexpr int kTypeDepthMax = 128;

// Nodes of one schema type after common types are put in, so that small text cannot become a huge type.
inline constexpr size_t kTypeNodesMax = 1u << 20;

}  // namespace cedar

#endif  // CEDAR_LIMITS_H_
