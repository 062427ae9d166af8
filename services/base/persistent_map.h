#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/id.h"

namespace sallyport {

// A 64-bit hash that is the same in every process and on every run, so that the order of a PersistentMap depends on
// its keys alone. It is not keyed: whoever chooses keys can make them collide, which costs time but never correctness.
// Use it for keys that the facility has registered, not for a table that strangers can fill.
uint64_t StableHashBytes(absl::string_view bytes);
uint64_t StableHashCombine(uint64_t a, uint64_t b);  // order matters

// Hashes strings, integers, enums, Ids, and pairs of these. Another type is hashed by a functor of its own, made with
// the two functions above.
struct StableHash {
  uint64_t operator()(const std::string& key) const { return StableHashBytes({key.data(), key.size()}); }
  uint64_t operator()(absl::string_view key) const { return StableHashBytes(key); }
  template <class Tag>
  uint64_t operator()(const Id<Tag>& key) const {
    return (*this)(key.value());
  }
  template <class Number>
    requires std::is_integral_v<Number> || std::is_enum_v<Number>
  uint64_t operator()(Number key) const {
    return StableHashCombine(static_cast<uint64_t>(key), 0x9e3779b97f4a7c15);
  }
  template <class A, class B>
  uint64_t operator()(const std::pair<A, B>& key) const {
    return StableHashCombine((*this)(key.first), (*this)(key.second));
  }
};

// A map whose copies share what they have in common. A copy costs one reference count; a change after it costs the
// path to the changed entry (at most 13 nodes of at most 32 slots, about log32(size) in practice) and is never seen
// by a copy. A compressed hash trie (CHAMP: Steindorfer and Vinju, OOPSLA 2015).
//
// Thread-safety: one map value is like an int, many readers or one writer. Different map values, copies of each other
// included, may be read, changed and destroyed by different threads without a lock.
//
// Keys need ==. Keys and values are immutable once inside; they are destroyed with the last map that holds them.
template <class Key, class T, class Hash = StableHash>
class PersistentMap {
 public:
  PersistentMap() = default;
  PersistentMap(const PersistentMap& other) : root_(Ref(other.root_)), size_(other.size_) {}
  PersistentMap(PersistentMap&& other) noexcept
      : root_(std::exchange(other.root_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PersistentMap& operator=(PersistentMap other) noexcept {
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~PersistentMap() { Unref(root_); }

  // Null when there is none. The pointer is good for as long as this map or a copy of it still holds the entry; a Put
  // over the same key makes a new value and leaves the old one to the copies.
  const T* Find(const Key& key) const {
    const Entry* entry = FindEntry(root_, key, Hash{}(key), 0);
    return entry == nullptr ? nullptr : &entry->value;
  }
  bool Contains(const Key& key) const { return Find(key) != nullptr; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Inserts or replaces.
  void Put(Key key, T value) {
    const uint64_t hash = Hash{}(key);
    auto* entry = new Entry(hash, std::move(key), std::move(value));
    bool added = false;
    root_ = root_ == nullptr ? NewRoot(entry, &added) : PutInto(root_, entry, 0, &added);
    size_ += added ? 1 : 0;
  }

  // Whether there was an entry to erase.
  bool Erase(const Key& key) {
    const uint64_t hash = Hash{}(key);
    if (FindEntry(root_, key, hash, 0) == nullptr) return false;
    root_ = EraseFrom(root_, key, hash, 0);
    if (--size_ == 0) {
      Unref(root_);
      root_ = nullptr;
    }
    return true;
  }

  // f(const Key&, const T&) for every entry. The order follows from the keys' hashes (and, among keys whose hashes are
  // wholly equal, from the history); callers must not rely on more than that it is repeatable.
  template <class F>
  void ForEach(F&& f) const {
    if (root_ != nullptr) Visit(*root_, [&f](const Entry& entry) { f(entry.key, entry.value); });
  }

  // f(const Key&, const T* before, const T* after) for each key whose value was put, replaced or erased between the
  // two; null where there is none. A value counts as the same when it is the same object: replacing a value by an equal
  // one is a difference. Parts that the two maps share are skipped whole, so that for maps made from one another the
  // cost follows the number of changes. Any two maps may be compared.
  template <class F>
  static void Diff(const PersistentMap& before, const PersistentMap& after, F&& f) {
    DiffNodes(before.root_, after.root_, 0, f);
  }

 private:
  static constexpr unsigned kBits = 5;        // of the hash, a level
  static constexpr unsigned kHashBits = 64;   // below that, a node lists the entries whose hashes are wholly equal

  struct Entry {
    Entry(uint64_t hash_in, Key key_in, T value_in)
        : hash(hash_in), key(std::move(key_in)), value(std::move(value_in)) {}
    mutable std::atomic<uint32_t> refs{1};
    const uint64_t hash;
    const Key key;
    const T value;
  };
  struct Node;
  union Slot {
    Entry* entry;
    Node* child;
  };
  // Followed in memory by its slots: the entries, then the children, each in the order of their bits. No node but the
  // root has fewer than two entries below it; that makes the form of a map follow from its content.
  struct Node {
    mutable std::atomic<uint32_t> refs{1};
    uint32_t entries = 0;     // bit i: an entry whose hash has i at this level
    uint32_t children = 0;    // bit i: a node for several of them
    uint32_t collisions = 0;  // number of entries, in place of the bits, at the lowest level
    unsigned entry_count() const {
      return collisions != 0 ? collisions : static_cast<unsigned>(std::popcount(entries));
    }
    unsigned child_count() const { return static_cast<unsigned>(std::popcount(children)); }
    unsigned slot_count() const { return entry_count() + child_count(); }
    unsigned entry_at(uint32_t bit) const { return static_cast<unsigned>(std::popcount(entries & (bit - 1))); }
    unsigned child_at(uint32_t bit) const {
      return entry_count() + static_cast<unsigned>(std::popcount(children & (bit - 1)));
    }
    Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
    const Slot* slots() const { return reinterpret_cast<const Slot*>(this + 1); }
  };
  static_assert(sizeof(Node) % alignof(Slot) == 0);

  static uint32_t BitOf(uint64_t hash, unsigned shift) { return uint32_t{1} << ((hash >> shift) & 31); }

  // --- ownership: every Node* and Entry* in a slot, and root_, is one reference.
  template <class Counted>
  static Counted* Ref(Counted* counted) {
    if (counted != nullptr) counted->refs.fetch_add(1, std::memory_order_relaxed);
    return counted;
  }
  static void Unref(Entry* entry) {
    if (entry->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete entry;
  }
  static void Unref(Node* node) {
    if (node == nullptr || node->refs.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const unsigned entries = node->entry_count();
    const unsigned slots = node->slot_count();
    for (unsigned i = 0; i < entries; ++i) Unref(node->slots()[i].entry);
    for (unsigned i = entries; i < slots; ++i) Unref(node->slots()[i].child);
    Free(node);
  }
  static bool Alone(const Node* node) { return node->refs.load(std::memory_order_acquire) == 1; }
  static Node* Allocate(uint32_t entries, uint32_t children, uint32_t collisions) {
    const unsigned slots = (collisions != 0 ? collisions : static_cast<unsigned>(std::popcount(entries))) +
                           static_cast<unsigned>(std::popcount(children));
    auto* node = new (::operator new(sizeof(Node) + slots * sizeof(Slot))) Node;
    node->entries = entries;
    node->children = children;
    node->collisions = collisions;
    return node;
  }
  static void Free(Node* node) {
    node->~Node();
    ::operator delete(node);
  }

  // Carries the slots of an old node over into its replacement, which is written front to back. A node that nobody
  // else holds gives its references away; a shared one keeps them and the new node takes its own.
  class Replacement {
   public:
    Replacement(Node* old, Node* made) : old_(old), made_(made), alone_(Alone(old)) {}
    void Carry(unsigned end) {  // old slots up to `end`
      for (; from_ < end; ++from_) {
        const Slot slot = old_->slots()[from_];
        if (!alone_) from_ < old_->entry_count() ? void(Ref(slot.entry)) : void(Ref(slot.child));
        made_->slots()[to_++] = slot;
      }
    }
    void Skip() { ++from_; }  // the caller has taken care of that slot's reference
    void Add(Entry* entry) { made_->slots()[to_++].entry = entry; }
    void Add(Node* child) { made_->slots()[to_++].child = child; }
    Node* Finish() {
      Carry(old_->slot_count());
      alone_ ? Free(old_) : Unref(old_);
      return made_;
    }
    // The entry or child at `at` of the old node, with a reference for the caller; to be skipped.
    Entry* TakeEntry(unsigned at) const {
      Entry* entry = old_->slots()[at].entry;
      return alone_ ? entry : Ref(entry);
    }

   private:
    Node* old_;
    Node* made_;
    bool alone_;
    unsigned from_ = 0;
    unsigned to_ = 0;
  };

  // `node` or a copy of it that nobody else holds.
  static Node* Own(Node* node) {
    if (Alone(node)) return node;
    return Replacement(node, Allocate(node->entries, node->children, node->collisions)).Finish();
  }

  // --- reading
  static const Entry* FindEntry(const Node* node, const Key& key, uint64_t hash, unsigned shift) {
    while (node != nullptr) {
      if (shift >= kHashBits) {
        const unsigned at = FindCollision(*node, key);
        return at < node->collisions ? node->slots()[at].entry : nullptr;
      }
      const uint32_t bit = BitOf(hash, shift);
      if ((node->entries & bit) != 0) {
        const Entry* entry = node->slots()[node->entry_at(bit)].entry;
        return entry->hash == hash && entry->key == key ? entry : nullptr;
      }
      if ((node->children & bit) == 0) return nullptr;
      node = node->slots()[node->child_at(bit)].child;
      shift += kBits;
    }
    return nullptr;
  }
  // collisions when there is none.
  static unsigned FindCollision(const Node& node, const Key& key) {
    unsigned at = 0;
    while (at < node.collisions && !(node.slots()[at].entry->key == key)) ++at;
    return at;
  }
  template <class F>
  static void Visit(const Node& node, const F& f) {
    const unsigned entries = node.entry_count();
    const unsigned slots = node.slot_count();
    for (unsigned i = 0; i < entries; ++i) f(*node.slots()[i].entry);
    for (unsigned i = entries; i < slots; ++i) Visit(*node.slots()[i].child, f);
  }

  // --- changing: these take over the references to `node` and `entry` and return one to the node in its place.
  static Node* NewRoot(Entry* entry, bool* added) {
    *added = true;
    Node* node = Allocate(BitOf(entry->hash, 0), 0, 0);
    node->slots()[0].entry = entry;
    return node;
  }
  static Node* PutInto(Node* node, Entry* entry, unsigned shift, bool* added) {
    if (shift >= kHashBits) {
      const unsigned at = FindCollision(*node, entry->key);
      if (at < node->collisions) return ReplaceEntry(node, at, entry);
      *added = true;
      Replacement replacement(node, Allocate(0, 0, node->collisions + 1));
      replacement.Carry(node->collisions);
      replacement.Add(entry);
      return replacement.Finish();
    }
    const uint32_t bit = BitOf(entry->hash, shift);
    if ((node->children & bit) != 0) {
      node = Own(node);
      Slot& slot = node->slots()[node->child_at(bit)];
      slot.child = PutInto(slot.child, entry, shift + kBits, added);
      return node;
    }
    const unsigned at = node->entry_at(bit);
    if ((node->entries & bit) == 0) {
      *added = true;
      Replacement replacement(node, Allocate(node->entries | bit, node->children, 0));
      replacement.Carry(at);
      replacement.Add(entry);
      return replacement.Finish();
    }
    const Entry& held = *node->slots()[at].entry;
    if (held.hash == entry->hash && held.key == entry->key) return ReplaceEntry(node, at, entry);
    *added = true;
    Replacement replacement(node, Allocate(node->entries & ~bit, node->children | bit, 0));
    Node* child = NewPair(replacement.TakeEntry(at), entry, shift + kBits);
    replacement.Carry(at);
    replacement.Skip();
    replacement.Carry(node->child_at(bit));
    replacement.Add(child);
    return replacement.Finish();
  }
  static Node* ReplaceEntry(Node* node, unsigned at, Entry* entry) {
    node = Own(node);
    Unref(std::exchange(node->slots()[at].entry, entry));
    return node;
  }
  static Node* NewPair(Entry* a, Entry* b, unsigned shift) {
    if (shift >= kHashBits) {
      Node* node = Allocate(0, 0, 2);
      node->slots()[0].entry = a;
      node->slots()[1].entry = b;
      return node;
    }
    const uint32_t bit_a = BitOf(a->hash, shift);
    const uint32_t bit_b = BitOf(b->hash, shift);
    if (bit_a == bit_b) {
      Node* node = Allocate(0, bit_a, 0);
      node->slots()[0].child = NewPair(a, b, shift + kBits);
      return node;
    }
    Node* node = Allocate(bit_a | bit_b, 0, 0);
    node->slots()[bit_a < bit_b ? 0 : 1].entry = a;
    node->slots()[bit_a < bit_b ? 1 : 0].entry = b;
    return node;
  }
  // The key is there. What comes back may be empty at the root, and may be a single entry that its parent takes in.
  static Node* EraseFrom(Node* node, const Key& key, uint64_t hash, unsigned shift) {
    if (shift >= kHashBits) return RemoveEntry(node, FindCollision(*node, key), 0);
    const uint32_t bit = BitOf(hash, shift);
    if ((node->entries & bit) != 0) return RemoveEntry(node, node->entry_at(bit), bit);
    node = Own(node);
    const unsigned child_at = node->child_at(bit);
    Node* child = EraseFrom(node->slots()[child_at].child, key, hash, shift + kBits);
    node->slots()[child_at].child = child;
    if (child->entry_count() != 1 || child->children != 0) return node;
    Replacement replacement(node, Allocate(node->entries | bit, node->children & ~bit, 0));
    replacement.Carry(node->entry_at(bit));
    replacement.Add(Ref(child->slots()[0].entry));
    replacement.Carry(child_at);
    replacement.Skip();
    Node* made = replacement.Finish();
    Unref(child);
    return made;
  }
  // `bit` is 0 in a node of collisions.
  static Node* RemoveEntry(Node* node, unsigned at, uint32_t bit) {
    const uint32_t collisions = node->collisions == 0 ? 0 : node->collisions - 1;
    Replacement replacement(node, Allocate(node->entries & ~bit, node->children, collisions));
    Entry* removed = replacement.TakeEntry(at);
    replacement.Carry(at);
    replacement.Skip();
    Node* made = replacement.Finish();
    Unref(removed);
    return made;
  }

  // --- comparing
  template <class F>
  static void DiffNodes(const Node* before, const Node* after, unsigned shift, F& f) {
    if (before == after) return;
    if (before == nullptr || after == nullptr) return DiffOneSided(before, after, f);
    if (shift >= kHashBits) return DiffCollisions(*before, *after, f);
    uint32_t bits = before->entries | before->children | after->entries | after->children;
    for (; bits != 0; bits &= bits - 1) {
      const uint32_t bit = bits & ~(bits - 1);
      const Entry* old_entry = (before->entries & bit) ? before->slots()[before->entry_at(bit)].entry : nullptr;
      const Entry* new_entry = (after->entries & bit) ? after->slots()[after->entry_at(bit)].entry : nullptr;
      const Node* old_child = (before->children & bit) ? before->slots()[before->child_at(bit)].child : nullptr;
      const Node* new_child = (after->children & bit) ? after->slots()[after->child_at(bit)].child : nullptr;
      if (old_entry != nullptr && new_child != nullptr) {
        const Entry* kept = FindEntry(new_child, old_entry->key, old_entry->hash, shift + kBits);
        DiffEntries(old_entry, kept, f);
        Visit(*new_child, [&](const Entry& entry) {
          if (&entry != kept) f(entry.key, static_cast<const T*>(nullptr), &entry.value);
        });
      } else if (new_entry != nullptr && old_child != nullptr) {
        const Entry* kept = FindEntry(old_child, new_entry->key, new_entry->hash, shift + kBits);
        Visit(*old_child, [&](const Entry& entry) {
          if (&entry != kept) f(entry.key, &entry.value, static_cast<const T*>(nullptr));
        });
        DiffEntries(kept, new_entry, f);
      } else if (old_entry != nullptr && new_entry != nullptr && !(old_entry->key == new_entry->key)) {
        DiffEntries(old_entry, nullptr, f);
        DiffEntries(nullptr, new_entry, f);
      } else {
        DiffEntries(old_entry, new_entry, f);
        DiffNodes(old_child, new_child, shift + kBits, f);
      }
    }
  }
  // Of one key, or of none.
  template <class F>
  static void DiffEntries(const Entry* before, const Entry* after, F& f) {
    if (before == after) return;
    f(before != nullptr ? before->key : after->key, before != nullptr ? &before->value : nullptr,
      after != nullptr ? &after->value : nullptr);
  }
  template <class F>
  static void DiffOneSided(const Node* before, const Node* after, F& f) {
    Visit(before != nullptr ? *before : *after, [&](const Entry& entry) {
      f(entry.key, before != nullptr ? &entry.value : nullptr, after != nullptr ? &entry.value : nullptr);
    });
  }
  template <class F>
  static void DiffCollisions(const Node& before, const Node& after, F& f) {
    for (unsigned i = 0; i < before.collisions; ++i) {
      const Entry* entry = before.slots()[i].entry;
      const unsigned at = FindCollision(after, entry->key);
      DiffEntries(entry, at < after.collisions ? after.slots()[at].entry : nullptr, f);
    }
    for (unsigned i = 0; i < after.collisions; ++i) {
      const Entry* entry = after.slots()[i].entry;
      if (FindCollision(before, entry->key) == before.collisions) DiffEntries(nullptr, entry, f);
    }
  }

  Node* root_ = nullptr;
  size_t size_ = 0;
};

namespace internal {
// The 128-bit product of two words, folded: the mixing step of wyhash.
inline uint64_t FoldedProduct(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}
}  // namespace internal

inline uint64_t StableHashCombine(uint64_t a, uint64_t b) {
  const uint64_t mixed = internal::FoldedProduct(a ^ 0xa0761d6478bd642f, b ^ 0xe7037ed1a0b428db);
  // One product alone maps a zero factor to zero whatever the other is; the second round undoes that.
  return internal::FoldedProduct(mixed ^ std::rotl(a, 23) ^ 0x8ebc6af09c88c6e3, b ^ 0x589965cc75374cc3);
}

inline uint64_t StableHashBytes(absl::string_view bytes) {
  uint64_t hash = 0xa0761d6478bd642f;
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    hash = internal::FoldedProduct(hash ^ word, 0xe7037ed1a0b428db);
  }
  uint64_t tail = 0;
  for (size_t i = 0; i < left; ++i) tail |= static_cast<uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  return StableHashCombine(hash ^ tail, bytes.size());
}

}  // namespace sallyport
