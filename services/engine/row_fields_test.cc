#include "engine/row_fields.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

// Every stored struct comes back from its row as it was, and no member of it is forgotten.
namespace sallyport::engine {
namespace {

// Gives every field that Fields() names a value of its own.
class Filler {
 public:
  template <class T>
  void operator()(uint32_t, T& value) {
    Fill(value);
  }

 private:
  void Fill(std::string& value) { value = absl::StrCat("text ", ++count_, std::string(1, '\0'), "\xff"); }
  void Fill(bool& value) { value = !value; }
  void Fill(double& value) { value = 0.5 + ++count_; }
  void Fill(absl::Time& value) {
    ++count_;
    value = absl::FromUnixSeconds(1'000'000 + count_) + absl::Nanoseconds(count_);
  }
  void Fill(absl::CivilDay& value) { value = absl::CivilDay(1960, 1, 1) + ++count_ * 100; }
  template <class Tag>
  void Fill(Id<Tag>& value) {
    value = Id<Tag>(absl::StrCat("id-", ++count_));
  }
  template <class T>
  void Fill(std::vector<T>& values) {
    for (int i = 0; i < 3; ++i) Fill(values.emplace_back());
  }
  template <class T>
  void Fill(std::set<T>& values) {
    for (int i = 0; i < 3; ++i) {
      T value{};
      Fill(value);
      values.insert(value);
    }
  }
  template <class K, class V>
  void Fill(std::map<K, V>& values) {
    for (int i = 0; i < 3; ++i) {
      std::pair<K, V> entry;
      Fill(entry);
      values.insert(entry);
    }
  }
  template <class A, class B>
  void Fill(std::pair<A, B>& value) {
    Fill(value.first);
    Fill(value.second);
  }
  template <class T>
  void Fill(std::optional<T>& value) {
    Fill(value.emplace());
  }
  template <class T>
  void Fill(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(1 + ++count_ % 2);
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(++count_);
    } else {
      Fields(*this, value);
    }
  }

  int64_t count_ = 0;
};

template <class T>
class RowFields : public testing::Test {};

using Stored = testing::Types<facility::Site, facility::Floor, facility::Area, facility::AccessPoint,
                              facility::Schedule, facility::AccessLevel, facility::Person, facility::Credential,
                              facility::Locker, access::Presence, access::PendingPair, access::RecentGrants,
                              access::PinFailures, quarantine::Visit, quarantine::Device, quarantine::Slot,
                              quarantine::SealUse, quarantine::LockerTest, quarantine::Incident, alarms::Alarm,
                              operators::Operator, operators::ApiToken, PolicyBook::Entry, EngineMemo, Activations>;
TYPED_TEST_SUITE(RowFields, Stored);

TYPED_TEST(RowFields, ComeBack) {
  Filler fill;
  TypeParam value{};
  fill(0, value);
  const std::string bytes = Encode(value);
  TypeParam back{};
  ASSERT_TRUE(Decode(bytes, back));
  EXPECT_EQ(Encode(back), bytes);
  EXPECT_NE(bytes, Encode(TypeParam{}));
}

TYPED_TEST(RowFields, OfTheDefaultComeBack) {
  TypeParam back{};
  ASSERT_TRUE(Decode(Encode(TypeParam{}), back));
  EXPECT_EQ(Encode(back), Encode(TypeParam{}));
}

TYPED_TEST(RowFields, NeverReadPastTheEnd) {
  Filler fill;
  TypeParam value{};
  fill(0, value);
  const std::string bytes = Encode(value);
  for (size_t size = 0; size < bytes.size(); ++size) {
    TypeParam back{};
    const std::string part = bytes.substr(0, size);
    Decode(part, back);  // may fail, must not crash
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    TypeParam back{};
    Decode(changed, back);
  }
}

TYPED_TEST(RowFields, PassOverUnknownNumbers) {
  Filler fill;
  TypeParam value{};
  fill(0, value);
  std::string bytes = Encode(value);
  PutVarint(bytes, 9999);
  PutVarint(bytes, 3);
  bytes += "new";
  TypeParam back{};
  ASSERT_TRUE(Decode(bytes, back));
  EXPECT_EQ(Encode(back), Encode(value));
}

// A member that somebody adds and forgets to store would be lost at a restart. The members of an aggregate are counted
// by how many initialisers it takes.
struct Anything {
  template <class T>
  operator T() const;  // NOLINT: converts to whatever a member is
};
template <class T, class... Known>
constexpr size_t MembersOf() {
  if constexpr (requires { T{Known{}..., Anything{}}; }) {
    return MembersOf<T, Known..., Anything>();
  } else {
    return sizeof...(Known);
  }
}

struct Counter {
  size_t fields = 0;
  template <class T>
  void operator()(uint32_t, T&) {
    ++fields;
  }
};

TYPED_TEST(RowFields, NameEveryMember) {
  Counter counter;
  TypeParam value{};
  Fields(counter, value);
  // A person's wrapped key lies apart from the rows (engine/subject_keys.h).
  const size_t apart = std::is_same_v<TypeParam, facility::Person> ? 1 : 0;
  EXPECT_EQ(counter.fields + apart, MembersOf<TypeParam>());
}

TEST(RowFieldsOfParts, NameEveryMember) {
  const auto count = [](auto value) {
    Counter counter;
    Fields(counter, value);
    return counter.fields;
  };
  EXPECT_EQ(count(facility::Schedule::Interval{}), MembersOf<facility::Schedule::Interval>());
  EXPECT_EQ(count(facility::AccessLevel::Entry{}), MembersOf<facility::AccessLevel::Entry>());
  EXPECT_EQ(count(facility::LevelGrant{}), MembersOf<facility::LevelGrant>());
  EXPECT_EQ(count(facility::CardNumber{}), MembersOf<facility::CardNumber>());
  EXPECT_EQ(count(access::RecentGrants::Grant{}), MembersOf<access::RecentGrants::Grant>());
  EXPECT_EQ(count(access::PolicyFiles{}), MembersOf<access::PolicyFiles>());
  EXPECT_EQ(count(quarantine::Identity{}), MembersOf<quarantine::Identity>());
  EXPECT_EQ(count(quarantine::Participant{}), MembersOf<quarantine::Participant>());
  EXPECT_EQ(count(quarantine::BandReading{}), MembersOf<quarantine::BandReading>());
  EXPECT_EQ(count(quarantine::Probe{}), MembersOf<quarantine::Probe>());
  EXPECT_EQ(count(quarantine::Custody{}), MembersOf<quarantine::Custody>());
  EXPECT_EQ(count(alarms::Note{}), MembersOf<alarms::Note>());
}

// ---- single values

template <class T>
struct One {
  T value{};
};
template <class F, class T>
void Fields(F& f, One<T>& v) {
  f(1, v.value);
}

template <class T>
T BackAgain(T value) {
  One<T> back;
  EXPECT_TRUE(Decode(Encode(One<T>{value}), back));
  return back.value;
}

TEST(Fields, KeepEveryTime) {
  const absl::Time times[] = {absl::UnixEpoch(),
                              absl::FromUnixNanos(1),
                              absl::FromUnixNanos(-1),
                              absl::FromUnixNanos(1'790'000'000'123'456'789),
                              absl::FromCivil(absl::CivilSecond(1, 1, 1), absl::UTCTimeZone()),
                              absl::FromCivil(absl::CivilSecond(9999, 12, 31, 23, 59, 59), absl::UTCTimeZone()) +
                                  absl::Nanoseconds(999'999'999),
                              absl::InfinitePast(),
                              absl::InfiniteFuture()};
  for (const absl::Time time : times) EXPECT_EQ(BackAgain(time), time) << time;
}

TEST(Fields, KeepEveryNumber) {
  for (const int64_t number : {INT64_MIN, INT64_MIN + 1, int64_t{-1}, int64_t{0}, int64_t{1}, INT64_MAX}) {
    EXPECT_EQ(BackAgain(number), number);
  }
  for (const uint64_t number : {uint64_t{0}, uint64_t{1} << 63, UINT64_MAX}) EXPECT_EQ(BackAgain(number), number);
  for (const double number : {0.0, -0.5, 1e308, std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(BackAgain(number), number);
  }
}

TEST(Fields, TellAbsentFromDefault) {
  using Maybe = std::optional<bool>;
  EXPECT_EQ(BackAgain(Maybe()), std::nullopt);
  EXPECT_EQ(BackAgain(Maybe(false)), false);
  EXPECT_EQ(BackAgain(std::vector<std::string>{"", "a", ""}), (std::vector<std::string>{"", "a", ""}));
}

TEST(Fields, RefuseWhatIsNotAValue) {
  const auto entry = [](std::string value) {
    std::string bytes;
    PutVarint(bytes, 1);
    PutVarint(bytes, value.size());
    return bytes + value;
  };
  One<int64_t> number;
  EXPECT_FALSE(Decode(entry(""), number));
  EXPECT_FALSE(Decode(entry("\x80"), number));                      // ends early
  EXPECT_FALSE(Decode(entry(std::string("\0\0", 2)), number));      // goes on
  EXPECT_FALSE(Decode(std::string("\x01\x05", 2) + "ab", number));  // shorter than it says
  One<absl::Time> time;
  EXPECT_FALSE(Decode(entry("x"), time));
  EXPECT_FALSE(Decode(entry(std::string("\0\x80\x94\xeb\xdc\x03", 6)), time));  // 1,000,000,000 nanoseconds
  One<double> real;
  EXPECT_FALSE(Decode(entry("1234567"), real));
}

}  // namespace
}  // namespace sallyport::engine
