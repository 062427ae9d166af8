#ifndef CEDAR_VALUE_H_
#define CEDAR_VALUE_H_

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cedar/ip_address.h"

// Cedar values: https://docs.cedarpolicy.com/policies/syntax-datatypes.html
namespace cedar {

namespace internal {
// The text, type and then id, lies directly behind.
struct EntityRep {
  mutable std::atomic<uint32_t> refs{1};
  uint32_t type_bytes = 0;
  uint32_t id_bytes = 0;
  uint64_t hash = 0;

  const char* text() const { return reinterpret_cast<const char*>(this + 1); }
};
struct RecordRep;
struct IpRep;
}  // namespace internal

// Names an entity: a type name with its namespaces (`Facility::Person`) and an id, which is any Unicode text.
// A handle to immutable shared data: copies cost one atomic increment, comparison usually a few nanoseconds. Make one
// once and keep it (for example in the struct that stands for the entity); making one allocates.
class EntityUid {
 public:
  // The null uid: empty type, empty id, equal only to itself. Never a valid entity.
  EntityUid() = default;
  // Takes the type name as it is; use Parse or IsTypeName for names from outside. Each under 4 GiB.
  EntityUid(absl::string_view type, absl::string_view id);
  // Parses `Name::Space::Type::"id"` with Cedar's escapes.
  static absl::StatusOr<EntityUid> Parse(absl::string_view text);

  EntityUid(const EntityUid& other) : rep_(other.rep_) { Ref(); }
  EntityUid(EntityUid&& other) noexcept : rep_(std::exchange(other.rep_, nullptr)) {}
  EntityUid& operator=(EntityUid other) noexcept {
    std::swap(rep_, other.rep_);
    return *this;
  }
  ~EntityUid() { Unref(); }

  bool is_null() const { return rep_ == nullptr; }
  // Whether it names an action: the last part of the type is `Action`.
  bool is_action() const;
  // Both live as long as any copy of this uid.
  absl::string_view type() const {
    return rep_ ? absl::string_view(rep_->text(), rep_->type_bytes) : absl::string_view();
  }
  absl::string_view id() const {
    return rep_ ? absl::string_view(rep_->text() + rep_->type_bytes, rep_->id_bytes) : absl::string_view();
  }
  // Type::"id", escaped so that Parse gives this uid back.
  std::string ToString() const;

  friend bool operator==(const EntityUid& a, const EntityUid& b) { return a.rep_ == b.rep_ || SlowEquals(a, b); }
  friend bool operator!=(const EntityUid& a, const EntityUid& b) { return !(a == b); }
  // By type, then by id, bytewise.
  friend bool operator<(const EntityUid& a, const EntityUid& b);
  template <typename H>
  friend H AbslHashValue(H h, const EntityUid& uid) {
    return H::combine(std::move(h), uid.rep_ ? uid.rep_->hash : 0);
  }
  uint64_t hash() const { return rep_ ? rep_->hash : 0; }

 private:
  friend class Value;
  explicit EntityUid(const internal::EntityRep* rep) : rep_(rep) {}  // takes over one reference
  void Ref() const {
    if (rep_) rep_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  void Unref() const {
    if (rep_ && rep_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      ::operator delete(const_cast<internal::EntityRep*>(rep_));
    }
  }
  static bool SlowEquals(const EntityUid& a, const EntityUid& b) {
    return a.rep_ && b.rep_ && a.rep_->hash == b.rep_->hash && a.rep_->type_bytes == b.rep_->type_bytes &&
           a.rep_->id_bytes == b.rep_->id_bytes &&
           std::memcmp(a.rep_->text(), b.rep_->text(), size_t{a.rep_->type_bytes} + a.rep_->id_bytes) == 0;
  }
  const internal::EntityRep* rep_ = nullptr;
};

struct RecordField;

// One immutable Cedar value, 16 bytes. Strings, sets, records, ip addresses and entity uids live in shared,
// reference-counted memory; copying never copies them. Safe to read from many threads; distinct Value objects that
// share memory may be destroyed on different threads.
//
// A value may be *borrowed*: it points at memory that somebody else keeps alive and touches no reference count.
// An EntitySource returns borrowed values of what it owns, so that evaluation neither copies nor counts. A copy of a
// borrowed value is borrowed too; keep one only as long as its owner.
class Value {
 public:
  enum class Kind : uint8_t {
    kBool,
    kLong,
    kString,
    kEntity,
    kSet,
    kRecord,
    kDecimal,
    kIpaddr,
    kDatetime,
    kDuration,
  };

  // false
  Value() = default;
  static Value Bool(bool value) { return Value(Kind::kBool, value); }
  static Value Long(int64_t value) { return Value(Kind::kLong, value); }
  // Copies the text, which must be UTF-8 and under 4 GiB.
  static Value String(absl::string_view text);
  // Points at the text; the caller keeps it alive.
  static Value BorrowedString(absl::string_view text) {
    Value v;
    v.bits_.text = text.data();
    v.size_ = static_cast<uint32_t>(text.size());
    v.kind_ = Kind::kString;
    return v;
  }
  static Value Entity(EntityUid uid);
  // Points at the uid's shared data; the caller keeps a copy of the uid alive.
  static Value BorrowedEntity(const EntityUid& uid) {
    Value v;
    std::memcpy(static_cast<void*>(&v.bits_), &uid, sizeof(uid));
    v.kind_ = Kind::kEntity;
    return v;
  }
  // Duplicates collapse; order does not matter.
  static Value Set(std::vector<Value> elements);
  // Points at the elements, which are sorted by Compare, each once; the caller keeps them alive.
  static Value BorrowedSet(absl::Span<const Value> sorted);
  // Of fields with the same name the last one stays.
  static Value Record(std::vector<RecordField> fields);
  // In ten-thousandths: Decimal(12345) is 1.2345.
  static Value Decimal(int64_t ten_thousandths) { return Value(Kind::kDecimal, ten_thousandths); }
  static Value Ipaddr(const IpAddress& address);
  static Value Datetime(int64_t unix_milliseconds) { return Value(Kind::kDatetime, unix_milliseconds); }
  static Value Duration(int64_t milliseconds) { return Value(Kind::kDuration, milliseconds); }

  Value(const Value& other) : bits_(other.bits_), size_(other.size_), kind_(other.kind_), owned_(other.owned_) {
    if (owned_) Ref();
  }
  Value(Value&& other) noexcept : bits_(other.bits_), size_(other.size_), kind_(other.kind_), owned_(other.owned_) {
    other.owned_ = false;
    other.kind_ = Kind::kBool;
    other.bits_.integer = 0;
  }
  Value& operator=(const Value& other) {
    if (this != &other) *this = Value(other);
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    std::swap(bits_, other.bits_);
    std::swap(size_, other.size_);
    std::swap(kind_, other.kind_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~Value() {
    if (owned_) Unref();
  }

  // The same value, borrowed from this one.
  Value Borrow() const {
    Value v;
    v.bits_ = bits_;
    v.size_ = size_;
    v.kind_ = kind_;
    return v;
  }
  // The same value with nothing borrowed in it; copies what is.
  Value DeepCopy() const;
  // Whether the shared memory is kept alive by this object (scalars are never owned).
  bool owned() const { return owned_; }

  Kind kind() const { return kind_; }
  bool is_bool() const { return kind_ == Kind::kBool; }
  bool is_long() const { return kind_ == Kind::kLong; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_entity() const { return kind_ == Kind::kEntity; }
  bool is_set() const { return kind_ == Kind::kSet; }
  bool is_record() const { return kind_ == Kind::kRecord; }

  // The accessors below require the matching kind. Views live as long as the memory behind the value.
  bool bool_value() const { return bits_.integer != 0; }
  // Of a long; also the raw integer of decimal, datetime and duration.
  int64_t long_value() const { return bits_.integer; }
  absl::string_view string_value() const { return absl::string_view(bits_.text, size_); }
  EntityUid entity_value() const { return bits_.entity; }
  // The uid without a reference count; valid while this value's memory is.
  const EntityUid& entity_ref() const { return bits_.entity; }
  // Sorted by Compare, without duplicates.
  absl::Span<const Value> elements() const;
  // Sorted by name.
  absl::Span<const RecordField> fields() const;
  // The field's value inside this record's memory, or null.
  const Value* Field(absl::string_view name) const;
  // Whether the set holds an equal element. O(log n).
  bool Contains(const Value& element) const;
  const IpAddress& ip_value() const;

  // Cedar's ==: values of different kinds are unequal, never an error.
  friend bool operator==(const Value& a, const Value& b);
  friend bool operator!=(const Value& a, const Value& b) { return !(a == b); }
  // A total order over all values, used for canonical sets: negative, zero or positive.
  static int Compare(const Value& a, const Value& b);

  // A Cedar expression that evaluates to this value, in canonical form.
  std::string ToString() const;

 private:
  union Bits {
    explicit Bits(int64_t value = 0) : integer(value) {}
    Bits(const Bits& other) { std::memcpy(static_cast<void*>(this), &other, sizeof(*this)); }
    Bits& operator=(const Bits& other) {
      std::memmove(static_cast<void*>(this), &other, sizeof(*this));
      return *this;
    }
    ~Bits() {}
    int64_t integer;
    const char* text;
    EntityUid entity;  // counted only where the value is owned
    const Value* elements;
    const internal::RecordRep* record;
    const internal::IpRep* ip;
  };
  Value(Kind kind, int64_t value) : bits_(value), kind_(kind) {}
  void Ref() const;
  void Unref() const;

  Bits bits_;
  uint32_t size_ = 0;  // bytes of a string, elements of a set
  Kind kind_ = Kind::kBool;
  bool owned_ = false;
};

struct RecordField {
  std::string name;
  Value value;
};

// What people call the kind: "bool", "long", "string", "entity", "set", "record", "decimal", "ipaddr", "datetime",
// "duration".
absl::string_view KindName(Value::Kind kind);

// Whether the text is a Cedar type name: identifiers joined by "::", none of them a reserved word.
bool IsTypeName(absl::string_view text);

// The text with Cedar's escapes, between double quotes.
std::string QuoteString(absl::string_view text);

}  // namespace cedar

#endif  // CEDAR_VALUE_H_
