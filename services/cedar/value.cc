#include "cedar/value.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cedar/extension.h"
#include "cedar/text.h"

namespace cedar {
namespace internal {

struct Counted {
  mutable std::atomic<uint32_t> refs{1};
};
struct RecordRep : Counted {
  std::vector<RecordField> fields;
};
struct IpRep : Counted {
  IpAddress ip;
};

}  // namespace internal

namespace {

// Up to this many names or elements are looked at one by one: they differ early, mostly in their sizes.
constexpr size_t kScanMax = 12;

// Owned text, and the elements of owned sets, lie directly behind their count.
struct alignas(Value) Header : internal::Counted {};

template <class T>
Header* HeaderOf(const T* content) {
  return reinterpret_cast<Header*>(const_cast<T*>(content)) - 1;
}

// Memory for that many bytes, with a header before it.
void* NewCounted(size_t bytes) {
  auto* header = new (::operator new(sizeof(Header) + bytes)) Header;
  return header + 1;
}

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace

EntityUid::EntityUid(absl::string_view type, absl::string_view id) {
  auto* rep = new (::operator new(sizeof(internal::EntityRep) + type.size() + id.size())) internal::EntityRep;
  rep->type_bytes = static_cast<uint32_t>(type.size());
  rep->id_bytes = static_cast<uint32_t>(id.size());
  rep->hash = absl::HashOf(type, id);
  auto* text = reinterpret_cast<char*>(rep + 1);
  if (!type.empty()) std::memcpy(text, type.data(), type.size());
  if (!id.empty()) std::memcpy(text + type.size(), id.data(), id.size());
  rep_ = rep;
}

bool operator<(const EntityUid& a, const EntityUid& b) {
  if (int c = a.type().compare(b.type())) return c < 0;
  return a.id() < b.id();
}

bool EntityUid::is_action() const { return type() == "Action" || absl::EndsWith(type(), "::Action"); }

std::string EntityUid::ToString() const { return absl::StrCat(type(), "::", QuoteString(id())); }

Value Value::String(absl::string_view text) {
  auto* copy = static_cast<char*>(NewCounted(text.size()));
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  Value v = BorrowedString(absl::string_view(copy, text.size()));
  v.owned_ = true;
  return v;
}

Value Value::Entity(EntityUid uid) {
  Value v;
  v.kind_ = Kind::kEntity;
  v.owned_ = true;
  new (&v.bits_.entity) EntityUid(std::move(uid));
  return v;
}

Value Value::Set(std::vector<Value> elements) {
  std::sort(elements.begin(), elements.end(), [](const Value& a, const Value& b) { return Compare(a, b) < 0; });
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  auto* memory = static_cast<Value*>(NewCounted(elements.size() * sizeof(Value)));
  std::uninitialized_move(elements.begin(), elements.end(), memory);
  Value v = BorrowedSet(absl::MakeConstSpan(memory, elements.size()));
  v.owned_ = true;
  return v;
}

Value Value::BorrowedSet(absl::Span<const Value> sorted) {
  Value v;
  v.kind_ = Kind::kSet;
  v.bits_.elements = sorted.data();
  v.size_ = static_cast<uint32_t>(sorted.size());
  return v;
}

Value Value::Record(std::vector<RecordField> fields) {
  const auto before = [](const RecordField& a, const RecordField& b) { return a.name < b.name; };
  const auto not_before = [&](const RecordField& a, const RecordField& b) { return !before(a, b); };
  if (std::adjacent_find(fields.begin(), fields.end(), not_before) != fields.end()) {
    std::stable_sort(fields.begin(), fields.end(), before);
    // Of equal names the last one stays.
    const auto last =
        std::unique(fields.rbegin(), fields.rend(), [](const auto& a, const auto& b) { return a.name == b.name; });
    fields.erase(fields.begin(), last.base());
  }
  auto* rep = new internal::RecordRep;
  rep->fields = std::move(fields);
  Value v;
  v.kind_ = Kind::kRecord;
  v.owned_ = true;
  v.bits_.record = rep;
  return v;
}

Value Value::Ipaddr(const IpAddress& address) {
  auto* rep = new internal::IpRep;
  rep->ip = address;
  Value v;
  v.kind_ = Kind::kIpaddr;
  v.owned_ = true;
  v.bits_.ip = rep;
  return v;
}

Value Value::DeepCopy() const {
  switch (kind_) {
    case Kind::kString: return String(string_value());
    case Kind::kEntity: return Entity(entity_value());
    case Kind::kIpaddr: return Ipaddr(ip_value());
    case Kind::kSet: {
      std::vector<Value> copies;
      for (const Value& v : elements()) copies.push_back(v.DeepCopy());
      return Set(std::move(copies));
    }
    case Kind::kRecord: {
      std::vector<RecordField> copies;
      for (const RecordField& f : fields()) copies.push_back({f.name, f.value.DeepCopy()});
      return Record(std::move(copies));
    }
    default: return *this;
  }
}

void Value::Ref() const {
  switch (kind_) {
    case Kind::kString: HeaderOf(bits_.text)->refs.fetch_add(1, std::memory_order_relaxed); break;
    case Kind::kEntity: bits_.entity.Ref(); break;
    case Kind::kSet:
      HeaderOf(bits_.elements)->refs.fetch_add(1, std::memory_order_relaxed);
      break;
    case Kind::kRecord: bits_.record->refs.fetch_add(1, std::memory_order_relaxed); break;
    case Kind::kIpaddr: bits_.ip->refs.fetch_add(1, std::memory_order_relaxed); break;
    default: break;
  }
}

void Value::Unref() const {
  auto last = [](const internal::Counted* rep) { return rep->refs.fetch_sub(1, std::memory_order_acq_rel) == 1; };
  switch (kind_) {
    case Kind::kString:
      if (last(HeaderOf(bits_.text))) ::operator delete(HeaderOf(bits_.text));
      break;
    case Kind::kEntity: bits_.entity.Unref(); break;
    case Kind::kSet:
      if (!last(HeaderOf(bits_.elements))) break;
      std::destroy_n(bits_.elements, size_);
      ::operator delete(HeaderOf(bits_.elements));
      break;
    case Kind::kRecord:
      if (last(bits_.record)) delete bits_.record;
      break;
    case Kind::kIpaddr:
      if (last(bits_.ip)) delete bits_.ip;
      break;
    default: break;
  }
}

absl::Span<const Value> Value::elements() const { return absl::MakeConstSpan(bits_.elements, size_); }
absl::Span<const RecordField> Value::fields() const { return bits_.record->fields; }
const IpAddress& Value::ip_value() const { return bits_.ip->ip; }

const Value* Value::Field(absl::string_view name) const {
  const std::vector<RecordField>& fields = bits_.record->fields;
  if (fields.size() <= kScanMax) {
    for (const RecordField& field : fields) {
      if (absl::string_view(field.name) == name) return &field.value;
    }
    return nullptr;
  }
  auto it = std::lower_bound(fields.begin(), fields.end(), name,
                             [](const RecordField& f, absl::string_view n) { return absl::string_view(f.name) < n; });
  return it != fields.end() && absl::string_view(it->name) == name ? &it->value : nullptr;
}

bool Value::Contains(const Value& element) const {
  const absl::Span<const Value> all = elements();
  if (all.size() <= kScanMax) return std::find(all.begin(), all.end(), element) != all.end();
  return std::binary_search(all.begin(), all.end(), element,
                            [](const Value& a, const Value& b) { return Compare(a, b) < 0; });
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
    case Value::Kind::kString: return a.string_value() == b.string_value();
    case Value::Kind::kEntity: return a.entity_ref() == b.entity_ref();
    case Value::Kind::kIpaddr: return a.ip_value() == b.ip_value();
    case Value::Kind::kSet:
      return (a.bits_.elements == b.bits_.elements && a.size_ == b.size_) || a.elements() == b.elements();
    case Value::Kind::kRecord: {
      absl::Span<const RecordField> x = a.fields(), y = b.fields();
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const RecordField& f, const RecordField& g) {
        return f.name == g.name && f.value == g.value;
      });
    }
    default: return a.bits_.integer == b.bits_.integer;
  }
}

int Value::Compare(const Value& a, const Value& b) {
  if (a.kind_ != b.kind_) return Order(a.kind_, b.kind_);
  switch (a.kind_) {
    case Kind::kString: return Order(a.string_value(), b.string_value());
    case Kind::kEntity: return Order(a.entity_ref(), b.entity_ref());
    case Kind::kIpaddr: {
      const IpAddress &x = a.ip_value(), &y = b.ip_value();
      if (x.v6 != y.v6) return Order(x.v6, y.v6);
      if (x.bytes != y.bytes) return Order(x.bytes, y.bytes);
      return Order(x.prefix, y.prefix);
    }
    case Kind::kSet: {
      absl::Span<const Value> x = a.elements(), y = b.elements();
      for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
        if (int c = Compare(x[i], y[i])) return c;
      }
      return Order(x.size(), y.size());
    }
    case Kind::kRecord: {
      absl::Span<const RecordField> x = a.fields(), y = b.fields();
      for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
        if (int c = x[i].name.compare(y[i].name)) return c;
        if (int c = Compare(x[i].value, y[i].value)) return c;
      }
      return Order(x.size(), y.size());
    }
    default: return Order(a.bits_.integer, b.bits_.integer);
  }
}

std::string Value::ToString() const {
  switch (kind_) {
    case Kind::kBool: return bool_value() ? "true" : "false";
    case Kind::kLong: return absl::StrCat(long_value());
    case Kind::kString: return QuoteString(string_value());
    case Kind::kEntity: return entity_ref().ToString();
    case Kind::kDecimal: return absl::StrCat("decimal(\"", FormatDecimal(long_value()), "\")");
    case Kind::kIpaddr: return absl::StrCat("ip(\"", ip_value().ToString(), "\")");
    case Kind::kDatetime:
      return absl::StrCat("datetime(\"1970-01-01\").offset(duration(\"", long_value(), "ms\"))");
    case Kind::kDuration: return absl::StrCat("duration(\"", long_value(), "ms\")");
    case Kind::kSet:
      return absl::StrCat("[", absl::StrJoin(elements(), ", ", [](std::string* out, const Value& v) {
                            out->append(v.ToString());
                          }), "]");
    case Kind::kRecord:
      return absl::StrCat("{", absl::StrJoin(fields(), ", ", [](std::string* out, const RecordField& f) {
                            bool plain = IsIdentText(f.name) && !IsReservedWord(f.name);
                            absl::StrAppend(out, plain ? f.name : QuoteString(f.name), ": ", f.value.ToString());
                          }), "}");
  }
  return "";
}

absl::string_view KindName(Value::Kind kind) {
  static constexpr absl::string_view kNames[] = {"bool",   "long",    "string", "entity",   "set",
                                                 "record", "decimal", "ipaddr", "datetime", "duration"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace cedar
