#include "storage/store_contract_test.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace sallyport::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

Hash HashOf(uint64_t number) {
  Hash hash{};
  for (size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<uint8_t>(number >> (8 * (i % 8))) ^ static_cast<uint8_t>(i);
  return hash;
}

RequestKey RequestOf(uint64_t number) {
  RequestKey key{};
  for (size_t i = 0; i < 8; ++i) key[i] = static_cast<uint8_t>(number >> (8 * i));
  return key;
}

Entry EntryAt(uint64_t index) {
  Entry entry;
  entry.leaf = absl::StrCat("leaf ", index, std::string(index % 900, '\0'));
  entry.leaf_hash = HashOf(index);
  entry.sealed = index % 3 == 0 ? "" : absl::StrCat("sealed ", index);
  entry.time = kStart + absl::Seconds(index / 2) + absl::Nanoseconds(1);
  entry.terms = {absl::StrCat("person:", index % 17), absl::StrCat("third:", index % 3), "all", "all"};
  if (index % 101 == 7) entry.terms.push_back("rare");
  return entry;
}

Answer AnswerAt(uint64_t index) {
  return {.request = RequestOf(index), .index = index, .time = EntryAt(index).time, .bytes = absl::StrCat("answer ", index)};
}

std::map<std::string, std::string> RowsOf(Store& store, absl::string_view table) {
  std::map<std::string, std::string> rows;
  EXPECT_TRUE(store
                  .ForEachRow(table,
                              [&](absl::string_view key, absl::string_view value) {
                                rows.emplace(std::string(key), std::string(value));
                                return absl::OkStatus();
                              })
                  .ok());
  return rows;
}

using Keys = std::map<std::string, std::optional<std::string>>;

// Nothing of a store that is open for reading only.
std::optional<Keys> KeysOf(Store& store) {
  Keys keys;
  const absl::Status read =
      store.ForEachSubjectKey([&](const SubjectKey& key) { keys.emplace(key.subject_ref, key.wrapped); });
  if (absl::IsFailedPrecondition(read)) return std::nullopt;
  EXPECT_EQ(read, absl::OkStatus());
  return keys;
}

void ExpectEntry(const Entry& actual, uint64_t index) {
  const Entry expected = EntryAt(index);
  EXPECT_EQ(actual.leaf, expected.leaf);
  EXPECT_EQ(actual.leaf_hash, expected.leaf_hash);
  EXPECT_EQ(actual.sealed, expected.sealed);
  EXPECT_EQ(actual.time, expected.time);
}

std::vector<uint64_t> FindSlowly(const Query& query, uint64_t size) {
  std::vector<uint64_t> found;
  for (uint64_t index = query.first; index < std::min(size, query.end); ++index) {
    const Entry entry = EntryAt(index);
    const bool in_time = (!query.from || entry.time >= *query.from) && (!query.until || entry.time < *query.until);
    const bool in_groups = std::all_of(query.groups.begin(), query.groups.end(), [&](const auto& group) {
      return std::any_of(group.begin(), group.end(), [&](const std::string& term) {
        return std::count(entry.terms.begin(), entry.terms.end(), term) > 0;
      });
    });
    if (in_time && in_groups) found.push_back(index);
  }
  if (query.newest_first) std::reverse(found.begin(), found.end());
  if (found.size() > query.limit) found.resize(query.limit);
  return found;
}

}  // namespace

uint64_t EntriesBefore(uint64_t number) { return number / 7 * 28 + (number % 7) * (number % 7 + 1) / 2; }

Batch NumberedBatch(uint64_t number) {
  Batch batch;
  for (uint64_t index = EntriesBefore(number); index < EntriesBefore(number + 1); ++index) {
    batch.entries.push_back(EntryAt(index));
    batch.answers.push_back(AnswerAt(index));
    if (index % 16 == 15) batch.nodes.push_back({.level = 1, .index = index / 16, .hash = HashOf(index)});
  }
  batch.subject_keys.push_back({absl::StrCat("subject ", number), absl::StrCat("key ", number)});
  if (number >= 3) batch.subject_keys.push_back({absl::StrCat("subject ", number - 3), std::nullopt});
  batch.rows.push_back({"counter", "batches", absl::StrCat(number + 1)});
  batch.rows.push_back({"kept", absl::StrCat("key ", number), absl::StrCat(number, std::string(number % 50 * 40, 'x'))});
  if (number >= 5) batch.rows.push_back({"kept", absl::StrCat("key ", number - 5), std::nullopt});
  batch.checkpoint = absl::StrCat("checkpoint ", number);
  return batch;
}

uint64_t CheckNumberedBatches(Store& store) {
  const auto head = store.ReadHead();
  EXPECT_TRUE(head.ok()) << head.status();
  if (!head.ok()) return 0;
  uint64_t batches = 0;
  while (EntriesBefore(batches) < head->size) ++batches;
  EXPECT_EQ(EntriesBefore(batches), head->size) << "a part of a batch";
  EXPECT_EQ(head->checkpoint, batches == 0 ? "" : absl::StrCat("checkpoint ", batches - 1));

  std::map<std::string, std::string> counter, kept;
  if (batches > 0) counter["batches"] = absl::StrCat(batches);
  for (uint64_t number = batches - std::min<uint64_t>(batches, 5); number < batches; ++number) {
    kept[absl::StrCat("key ", number)] = absl::StrCat(number, std::string(number % 50 * 40, 'x'));
  }
  EXPECT_EQ(RowsOf(store, "counter"), counter);
  EXPECT_EQ(RowsOf(store, "kept"), kept);
  const auto keys = KeysOf(store);
  for (uint64_t number = batches - std::min<uint64_t>(batches, 3); keys && number < batches; ++number) {
    const auto key = keys->find(absl::StrCat("subject ", number));
    EXPECT_TRUE(key != keys->end() && key->second == absl::StrCat("key ", number)) << number;
  }

  uint64_t next = 0;
  EXPECT_TRUE(store
                  .ReadEntries(0, UINT64_MAX,
                               [&](uint64_t index, Entry entry) {
                                 EXPECT_EQ(index, next);
                                 ExpectEntry(entry, next++);
                                 return true;
                               })
                  .ok());
  EXPECT_EQ(next, head->size);
  EXPECT_FALSE(store.ReadHashes(0, 0, static_cast<uint32_t>(head->size + 1)).ok());
  EXPECT_TRUE(store.ReadHashes(1, 0, static_cast<uint32_t>(head->size / 16)).ok());
  EXPECT_FALSE(store.ReadHashes(1, 0, static_cast<uint32_t>(head->size / 16 + 1)).ok());
  uint64_t answers = 0;
  EXPECT_TRUE(store
                  .ForEachAnswer(absl::InfinitePast(),
                                 [&](const RequestKey& request, uint64_t index) {
                                   EXPECT_EQ(index, answers++);
                                   EXPECT_EQ(request, RequestOf(index));
                                 })
                  .ok());
  EXPECT_EQ(answers, head->size);
  for (const std::vector<std::string>& group : {std::vector<std::string>{"rare"}, {"person:4", "person:9"}, {"all"}}) {
    Query query{.groups = {group}};
    query.limit = 1'000'000;
    const auto found = store.FindEntries(query);
    EXPECT_TRUE(found.ok() && *found == FindSlowly(query, head->size)) << group.front();
  }
  return batches;
}

void StoreContract::SetUp() {
  home_ = GetParam().make_home();
  Reopen();
}

void StoreContract::Reopen() {
  store_.reset();
  auto store = home_->Open();
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
}

TEST_P(StoreContract, IsEmptyAtFirst) {
  EXPECT_EQ(CheckNumberedBatches(*store_), 0u);
  EXPECT_EQ(store_->ReadEntry(0).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->ReadAnswer(0).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(store_->ReadHashes(0, 0, 0).ok());
}

TEST_P(StoreContract, KeepsBatchesOverReopening) {
  for (uint64_t number = 0; number < 60; ++number) {
    ASSERT_TRUE(store_->Commit(NumberedBatch(number)).ok());
    if (number % 7 == 3) { ASSERT_EQ(CheckNumberedBatches(*store_), number + 1); }
    if (number % 13 == 5) {
      Reopen();
      ASSERT_EQ(CheckNumberedBatches(*store_), number + 1);
    }
  }
}

TEST_P(StoreContract, ReadsSingleThings) {
  for (uint64_t number = 0; number < 20; ++number) ASSERT_TRUE(store_->Commit(NumberedBatch(number)).ok());
  const auto entry = store_->ReadEntry(31);
  ASSERT_TRUE(entry.ok());
  ExpectEntry(*entry, 31);
  EXPECT_EQ(*store_->ReadAnswer(31), "answer 31");
  EXPECT_EQ(store_->ReadEntry(EntriesBefore(20)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->ReadEntry(UINT64_MAX).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->ReadAnswer(EntriesBefore(20)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*store_->ReadHashes(0, 5, 2), ElementsAre(HashOf(5), HashOf(6)));
  EXPECT_THAT(*store_->ReadHashes(1, 1, 2), ElementsAre(HashOf(31), HashOf(47)));
  EXPECT_EQ(store_->ReadHashes(2, 0, 1).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(store_->ReadHashes(0, UINT64_MAX, 3).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_P(StoreContract, StreamingStopsWhenTheVisitorHasEnough) {
  for (uint64_t number = 0; number < 200; ++number) ASSERT_TRUE(store_->Commit(NumberedBatch(number)).ok());
  std::vector<uint64_t> seen;
  ASSERT_TRUE(store_
                  ->ReadEntries(300, 700,
                                [&](uint64_t index, Entry entry) {
                                  ExpectEntry(entry, index);
                                  // A visitor may read too.
                                  EXPECT_TRUE(store_->ReadEntry(index).ok());
                                  seen.push_back(index);
                                  return index < 600;
                                })
                  .ok());
  EXPECT_EQ(seen.front(), 300u);
  EXPECT_EQ(seen.back(), 600u);
  EXPECT_EQ(seen.size(), 301u);
}

TEST_P(StoreContract, RowsOfABatchApplyInOrder) {
  Batch batch;
  batch.rows = {{"t", "a", "1"}, {"t", "a", "2"}, {"t", "b", "1"}, {"t", "b", std::nullopt}, {"t", "c", std::nullopt},
                {"t", "c", ""},  {"u", "a", "other table"}};
  batch.checkpoint = "0";
  ASSERT_TRUE(store_->Commit(batch).ok());
  EXPECT_EQ(RowsOf(*store_, "t"), (std::map<std::string, std::string>{{"a", "2"}, {"c", ""}}));
  EXPECT_EQ(RowsOf(*store_, "u"), (std::map<std::string, std::string>{{"a", "other table"}}));
  EXPECT_THAT(RowsOf(*store_, "v"), IsEmpty());
}

TEST_P(StoreContract, KeysAndValuesAreBytes) {
  const std::string zeros("\0\0", 2);
  const std::string high = "\xff\xfe";
  Batch batch;
  batch.rows = {{"t", zeros, high}, {"t", high, zeros}, {"t", "m", std::string(200'000, '\0')}};
  ASSERT_TRUE(store_->Commit(batch).ok());
  Reopen();
  EXPECT_EQ(RowsOf(*store_, "t"),
            (std::map<std::string, std::string>{{zeros, high}, {high, zeros}, {"m", std::string(200'000, '\0')}}));
  const auto rows = store_->ReadRows("t", "", 10);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].key, zeros);
  EXPECT_EQ((*rows)[2].key, high);
}

TEST_P(StoreContract, PagesThroughRows) {
  Batch batch;
  for (int i = 10; i < 35; ++i) batch.rows.push_back({"t", absl::StrCat(i), absl::StrCat("value ", i)});
  ASSERT_TRUE(store_->Commit(batch).ok());
  std::string after;
  std::vector<std::string> keys;
  while (true) {
    const auto rows = store_->ReadRows("t", after, 7);
    ASSERT_TRUE(rows.ok());
    for (const Row& row : *rows) {
      keys.push_back(row.key);
      EXPECT_EQ(row.table, "t");
      EXPECT_EQ(row.value, "value " + row.key);
    }
    if (rows->size() < 7) break;
    after = rows->back().key;
  }
  EXPECT_EQ(keys.size(), 25u);
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST_P(StoreContract, ABatchWithoutCheckpointKeepsTheLastOne) {
  ASSERT_TRUE(store_->Commit(NumberedBatch(0)).ok());
  Batch rows_only;
  rows_only.rows = {{"t", "a", "1"}};
  ASSERT_TRUE(store_->Commit(rows_only).ok());
  EXPECT_EQ(store_->ReadHead()->checkpoint, "checkpoint 0");
}

TEST_P(StoreContract, DropsOldAnswersOnly) {
  for (uint64_t number = 0; number < 30; ++number) ASSERT_TRUE(store_->Commit(NumberedBatch(number)).ok());
  const uint64_t size = EntriesBefore(30);
  const auto indexes_since = [&](absl::Time since) {
    std::vector<uint64_t> indexes;
    EXPECT_TRUE(store_->ForEachAnswer(since, [&](const RequestKey&, uint64_t index) { indexes.push_back(index); }).ok());
    return indexes;
  };
  EXPECT_EQ(indexes_since(EntryAt(40).time).front(), 40u);
  ASSERT_TRUE(store_->DropAnswers(EntryAt(40).time).ok());
  EXPECT_EQ(indexes_since(absl::InfinitePast()).front(), 40u);
  EXPECT_EQ(indexes_since(absl::InfinitePast()).back(), size - 1);
  EXPECT_FALSE(store_->ReadAnswer(39).ok());
  EXPECT_TRUE(store_->ReadAnswer(40).ok());
  EXPECT_TRUE(store_->ReadEntry(39).ok());
  ASSERT_TRUE(store_->DropAnswers(absl::InfinitePast()).ok());
  EXPECT_EQ(indexes_since(absl::InfinitePast()).size(), size - 40);
  ASSERT_TRUE(store_->DropAnswers(absl::InfiniteFuture()).ok());
  EXPECT_THAT(indexes_since(absl::InfinitePast()), IsEmpty());
  ASSERT_TRUE(store_->Commit(NumberedBatch(30)).ok());
  EXPECT_EQ(indexes_since(absl::InfinitePast()).front(), size);
}

TEST_P(StoreContract, ForgetsAnswersThatContainAText) {
  ASSERT_TRUE(store_->Commit(NumberedBatch(0)).ok());
  Batch batch;
  for (uint64_t i = 10; i < 14; ++i) batch.answers.push_back(AnswerAt(i));
  batch.answers[1].bytes = std::string("\x03" "ada\0\xff", 6);
  batch.answers[3].bytes = "Grace and Ada";
  batch.forgotten = {"answer 0", std::string("ada\0", 4)};
  ASSERT_TRUE(store_->Commit(batch).ok());
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(*store_->ReadAnswer(0), "");
    EXPECT_EQ(*store_->ReadAnswer(10), "answer 10");
    EXPECT_EQ(*store_->ReadAnswer(11), "");
    EXPECT_EQ(*store_->ReadAnswer(13), "Grace and Ada");
    uint64_t keys = 0;
    EXPECT_TRUE(store_->ForEachAnswer(absl::InfinitePast(), [&](const RequestKey&, uint64_t) { ++keys; }).ok());
    EXPECT_EQ(keys, 5u);  // a repeat of a forgotten request must still be known as one
    Reopen();
  }
}

TEST_P(StoreContract, SubjectKeysComeAndAreDestroyedForGood) {
  Batch batch;
  batch.subject_keys = {{"a", "key a"}, {"b", "key b"}};
  ASSERT_EQ(store_->Commit(batch), absl::OkStatus());
  batch.subject_keys = {{"c", "key c"}, {"a", std::nullopt}, {"never", std::nullopt}};
  ASSERT_EQ(store_->Commit(batch), absl::OkStatus());
  batch.subject_keys = {{"b", "key b"}, {"a", std::nullopt}};  // again, as after a crash
  ASSERT_EQ(store_->Commit(batch), absl::OkStatus());
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_THAT(*KeysOf(*store_), ElementsAre(Pair("a", std::nullopt), Pair("b", "key b"), Pair("c", "key c"),
                                              Pair("never", std::nullopt)));
    Reopen();
  }
  batch.subject_keys = {{"a", "key a"}};
  EXPECT_EQ(store_->Commit(batch).code(), absl::StatusCode::kAlreadyExists);
}

TEST_P(StoreContract, DropsSealedBytesOnly) {
  for (uint64_t number = 0; number < 10; ++number) ASSERT_TRUE(store_->Commit(NumberedBatch(number)).ok());
  ASSERT_TRUE(store_->DropSealed({1, 2, 3, 20, 5000}).ok());
  ASSERT_TRUE(store_->DropSealed({}).ok());
  for (const uint64_t index : {1, 2, 3, 20}) {
    const auto entry = store_->ReadEntry(index);
    ASSERT_TRUE(entry.ok());
    EXPECT_EQ(entry->sealed, "");
    EXPECT_EQ(entry->leaf, EntryAt(index).leaf);
    EXPECT_EQ(entry->time, EntryAt(index).time);
  }
  ExpectEntry(*store_->ReadEntry(4), 4);
  EXPECT_EQ(store_->ReadHead()->size, EntriesBefore(10));
  EXPECT_EQ(store_->FindEntries({.groups = {{"person:3"}}})->size(), 2u);
}

TEST_P(StoreContract, ScrubbingChangesNothing) {
  for (uint64_t number = 0; number < 40; ++number) {
    ASSERT_TRUE(store_->Commit(NumberedBatch(number)).ok());
    if (number % 3 == 0) {
      ASSERT_EQ(store_->Scrub(), absl::OkStatus());
    }
  }
  EXPECT_EQ(CheckNumberedBatches(*store_), 40u);
  ASSERT_EQ(store_->Scrub(), absl::OkStatus());
  Reopen();
  EXPECT_EQ(CheckNumberedBatches(*store_), 40u);
}

TEST_P(StoreContract, FindsWhatASlowSearchFinds) {
  std::mt19937 random(7);
  const auto pick = [&](uint32_t n) { return random() % n; };
  for (uint64_t number = 0; number < 400; ++number) {
    ASSERT_TRUE(store_->Commit(NumberedBatch(number)).ok());
    if (number == 150 || number == 333) Reopen();
    if (number % 4 != 0) continue;
    const uint64_t size = EntriesBefore(number + 1);
    for (int i = 0; i < 10; ++i) {
      Query query;
      for (uint32_t groups = pick(4); groups > 0; --groups) {
        std::vector<std::string>& group = query.groups.emplace_back();
        for (uint32_t terms = 1 + pick(3); terms > 0; --terms) {
          switch (pick(5)) {
            case 0: group.push_back("rare"); break;
            case 1: group.push_back("all"); break;
            case 2: group.push_back(absl::StrCat("third:", pick(4))); break;
            default: group.push_back(absl::StrCat("person:", pick(18)));
          }
        }
      }
      if (pick(3) == 0) query.from = EntryAt(pick(static_cast<uint32_t>(size))).time;
      if (pick(3) == 0) query.until = EntryAt(pick(static_cast<uint32_t>(size))).time;
      if (pick(3) == 0) query.first = pick(static_cast<uint32_t>(size));
      if (pick(3) == 0) query.end = pick(static_cast<uint32_t>(size) + 5);
      query.newest_first = pick(2) == 0;
      query.limit = pick(2) == 0 ? 10 : 100'000;
      const auto found = store_->FindEntries(query);
      ASSERT_TRUE(found.ok()) << found.status();
      ASSERT_EQ(*found, FindSlowly(query, size));
    }
  }
}

TEST_P(StoreContract, AGroupWithoutTermsFindsNothing) {
  ASSERT_TRUE(store_->Commit(NumberedBatch(9)).ok());
  EXPECT_THAT(*store_->FindEntries({.groups = {{}}}), IsEmpty());
  EXPECT_THAT(*store_->FindEntries({.groups = {{"all"}, {"nobody has this"}}}), IsEmpty());
  EXPECT_EQ(store_->FindEntries({.groups = {std::vector<std::string>(10'000, "all")}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(StoreContract, RefusesWhatBreaksItsRules) {
  const auto commit_in_fresh_store = [](const std::function<void(Batch*)>& change) {
    auto home = GetParam().make_home();
    auto store = home->Open();
    EXPECT_TRUE(store.ok() && (*store)->Commit(NumberedBatch(0)).ok());
    Batch batch = NumberedBatch(1);
    change(&batch);
    const absl::Status status = (*store)->Commit(batch);
    EXPECT_EQ(CheckNumberedBatches(**store), status.ok() ? 2u : 1u);
    if (!status.ok()) {
      EXPECT_EQ((*store)->Commit(NumberedBatch(1)).code(), absl::StatusCode::kFailedPrecondition);
      store->reset();
      store = home->Open();
      EXPECT_TRUE(store.ok() && (*store)->Commit(NumberedBatch(1)).ok());
      EXPECT_EQ(CheckNumberedBatches(**store), 2u);
    }
    return status.code();
  };
  EXPECT_EQ(commit_in_fresh_store([](Batch*) {}), absl::StatusCode::kOk);
  EXPECT_EQ(commit_in_fresh_store([](Batch* batch) { batch->entries[1].time = kStart - absl::Seconds(1); }),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(commit_in_fresh_store([](Batch* batch) { batch->entries[1].leaf = std::string(65'536, 'x'); }),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(commit_in_fresh_store([](Batch* batch) { batch->entries[0].terms.assign(65, "t"); }),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(commit_in_fresh_store([](Batch* batch) { batch->entries[0].terms = {std::string(513, 't')}; }),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(commit_in_fresh_store([](Batch* batch) { batch->answers[1].index = batch->answers[0].index; }),
            absl::StatusCode::kAlreadyExists);
}

TEST_P(StoreContract, ReadersOnOtherThreadsSeeWholeBatches) {
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto head = store_->ReadHead();
        ASSERT_TRUE(head.ok());
        const auto found = store_->FindEntries({.groups = {{"all"}}, .limit = 1'000'000});
        ASSERT_TRUE(found.ok()) << found.status();
        // Never a hole, never less than before, and only whole batches.
        uint64_t batches = 0;
        while (EntriesBefore(batches) < found->size()) ++batches;
        ASSERT_EQ(EntriesBefore(batches), found->size());
        for (size_t at = 0; at < found->size(); ++at) ASSERT_EQ((*found)[at], found->size() - 1 - at);
        if (head->size > 0) { ASSERT_TRUE(store_->ReadEntry(head->size - 1).ok()); }
        if (!found->empty()) { ASSERT_TRUE(store_->ReadEntry(found->front()).ok()); }
      }
    });
  }
  for (uint64_t number = 0; number < 500; ++number) ASSERT_TRUE(store_->Commit(NumberedBatch(number)).ok());
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);

}  // namespace sallyport::storage
