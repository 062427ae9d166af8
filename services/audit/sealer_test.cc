#include "audit/sealer.h"

#include "audit/encoding.h"
#include "audit/kat_test_util.h"
#include "audit/limits.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

TEST(SealerTest, PersonalFieldsRoundTripAndMatchTheirCommitment) {
  SeededRandom random(1);
  const SubjectKey key = SubjectKey::Generate(random);
  for (const std::string& plaintext : {std::string(), std::string("{\"name\":\"Ada\"}"), std::string(kPersonalBytesMax, 'x')}) {
    const SealedPersonal sealed = SealPersonal(key, "aad", plaintext, random).value();
    EXPECT_EQ(sealed.sealed.size(), plaintext.size() + 24 + 32 + 16);
    EXPECT_LE(sealed.sealed.size(), kSealedBytesMax);
    const OpenedPersonal opened = OpenPersonal(key, "aad", sealed.sealed).value();
    EXPECT_EQ(opened.plaintext, plaintext);
    EXPECT_EQ(Commitment(opened.salt, opened.plaintext), sealed.commitment);
  }
  EXPECT_EQ(SealPersonal(key, "", std::string(kPersonalBytesMax + 1, 'x'), random).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(SealerTest, EqualFieldsNeverLookEqual) {
  SeededRandom random(2);
  const SubjectKey key = SubjectKey::Generate(random);
  const SealedPersonal a = SealPersonal(key, "aad", "same", random).value();
  const SealedPersonal b = SealPersonal(key, "aad", "same", random).value();
  EXPECT_NE(a.commitment, b.commitment);
  EXPECT_NE(a.sealed, b.sealed);
  EXPECT_NE(a.sealed.substr(0, 24), b.sealed.substr(0, 24));
}

TEST(SealerTest, OpensOnlyWithKeyAndContextAndEveryBit) {
  SeededRandom random(3);
  const SubjectKey key = SubjectKey::Generate(random), other = SubjectKey::Generate(random);
  const std::string sealed = Seal(key, "record 7", "badge 1234", random);
  EXPECT_EQ(Open(key, "record 7", sealed).value(), "badge 1234");
  EXPECT_EQ(Open(other, "record 7", sealed).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Open(key, "record 8", sealed).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Open(key, "record 7", sealed.substr(0, 39)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenPersonal(key, "record 7", sealed).status().code(), absl::StatusCode::kInvalidArgument) << "no salt inside";
  for (size_t at = 0; at < sealed.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = sealed;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      EXPECT_FALSE(Open(key, "record 7", changed).ok());
    }
  }
}

TEST(SealerTest, WrappedKeysBelongToTheirSubject) {
  SeededRandom random(4);
  const KeyEncryptionKey kek = KeyEncryptionKey::Generate(random), other = KeyEncryptionKey::Generate(random);
  const SubjectKey key = SubjectKey::Generate(random);
  const std::string wrapped = WrapSubjectKey(kek, "subject-1", key, random);
  EXPECT_EQ(wrapped.size(), 72u);
  EXPECT_EQ(UnwrapSubjectKey(kek, "subject-1", wrapped).value().reveal(), key.reveal());
  EXPECT_EQ(UnwrapSubjectKey(kek, "subject-2", wrapped).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(UnwrapSubjectKey(other, "subject-1", wrapped).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(UnwrapSubjectKey(kek, "subject-1", "short").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SealerTest, CommitmentIsTheHashOfItsParts) {
  Salt salt{};
  salt[0] = 0xAB;
  std::string input("sallyport/commitment/v1\0", 24);
  absl::StrAppend(&input, HashBytes(salt));
  AppendBigEndian64(3, input);
  input += "abc";
  EXPECT_EQ(Commitment(salt, "abc"), Sha256(input));
  EXPECT_NE(Commitment(salt, "abc"), Commitment(Salt{}, "abc"));
  EXPECT_NE(Commitment(salt, "abc"), Commitment(salt, "abcd"));
}

TEST(SealerTest, KeysWipeThemselvesWhenMovedFrom) {
  SeededRandom random(5);
  SubjectKey key = SubjectKey::Generate(random);
  const auto bytes = key.reveal();
  SubjectKey moved = std::move(key);
  EXPECT_EQ(moved.reveal(), bytes);
  EXPECT_EQ(key.reveal(), (std::array<uint8_t, 32>{}));  // NOLINT: looking at the moved-from key is the point
  EXPECT_EQ(SubjectKey::FromBytes(std::vector<uint8_t>(31)).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sallyport::audit
