#include <thread>

#include "engine/engine_test_util.h"

// The same request_id again gives the first answer, and nothing happens twice.
namespace sallyport::engine {
namespace {

class Repeats : public testing::TestWithParam<TestEngine::On> {
 protected:
  void SetUp() override { ASSERT_EQ(engine_.Open(), absl::OkStatus()); }
  uint64_t size() { return engine_->snapshot()->log_size; }

  // The answer is new each time that the command runs.
  Command Counted(std::string request_id, std::string fingerprint = "f") {
    return MakeCommand(
        std::move(request_id),
        [this](Transaction& transaction) -> absl::StatusOr<std::string> {
          transaction.Record(ChangeEvent{"counted", "", {}, {}, {}});
          return absl::StrCat("run ", ++runs_);
        },
        std::move(fingerprint));
  }

  TestEngine engine_{GetParam()};
  int runs_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Stores, Repeats, testing::Values(TestEngine::On::kMemory, TestEngine::On::kSqlite));

TEST_P(Repeats, GetTheFirstAnswer) {
  EXPECT_EQ(*Do(*engine_, Counted("r1")), "run 1");
  EXPECT_EQ(*Do(*engine_, Counted("r2")), "run 2");
  EXPECT_EQ(*Do(*engine_, Counted("r1")), "run 1");
  EXPECT_EQ(*Do(*engine_, Counted("r2")), "run 2");
  EXPECT_EQ(size(), 3u);
}

TEST_P(Repeats, AreOfOneActorAndMethod) {
  EXPECT_EQ(*Do(*engine_, Counted("r")), "run 1");
  Command other_actor = Counted("r");
  other_actor.actor = "somebody else";
  EXPECT_EQ(*Do(*engine_, std::move(other_actor)), "run 2");
  Command other_method = Counted("r");
  other_method.method = "test.v1.Test/Other";
  EXPECT_EQ(*Do(*engine_, std::move(other_method)), "run 3");
  EXPECT_EQ(*Do(*engine_, Counted("")), "run 4");
  EXPECT_EQ(*Do(*engine_, Counted("")), "run 5");  // without an id nothing is a repeat
}

TEST_P(Repeats, OfAnotherRequestAreRefused) {
  ASSERT_TRUE(Do(*engine_, Counted("r", "door 1")).ok());
  const absl::Status refused = Do(*engine_, Counted("r", "door 2")).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(refused), "REQUEST_ID_REUSED");
  EXPECT_EQ(*Do(*engine_, Counted("r", "door 1")), "run 1");
  EXPECT_EQ(size(), 2u);
}

TEST_P(Repeats, SurviveARestart) {
  ASSERT_TRUE(Do(*engine_, Counted("r", "door 1")).ok());
  ASSERT_EQ(engine_.Open(), absl::OkStatus());
  const uint64_t before = size();
  EXPECT_EQ(*Do(*engine_, Counted("r", "door 1")), "run 1");
  EXPECT_EQ(Do(*engine_, Counted("r", "door 2")).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(size(), before);
}

TEST_P(Repeats, OfARefusedRequestAreNewRequests) {
  bool refuse = true;
  const auto command = [&] {
    return MakeCommand("r", [&](Transaction& transaction) -> absl::StatusOr<std::string> {
      if (refuse) return absl::FailedPreconditionError("not yet");
      transaction.Record(ChangeEvent{"done", "", {}, {}, {}});
      return std::string("done");
    });
  };
  EXPECT_FALSE(Do(*engine_, command()).ok());
  refuse = false;
  EXPECT_EQ(*Do(*engine_, command()), "done");
}

TEST_P(Repeats, AreRememberedForADay) {
  ASSERT_TRUE(Do(*engine_, Counted("r")).ok());
  engine_.clock.Advance(absl::Hours(23));
  ASSERT_TRUE(Do(*engine_, Counted("x")).ok());
  EXPECT_EQ(*Do(*engine_, Counted("r")), "run 1");
  engine_.clock.Advance(absl::Hours(2));
  ASSERT_TRUE(Do(*engine_, Counted("y")).ok());  // old answers are dropped after its batch
  EXPECT_EQ(*Do(*engine_, Counted("x")), "run 2");
  EXPECT_EQ(*Do(*engine_, Counted("r")), "run 4");
}

TEST_P(Repeats, WithinOneBatchAndFromManyThreads) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::map<std::string, std::set<std::string>> answers;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const std::string id = absl::StrCat("r", i);
        const auto answer = Do(*engine_, Counted(id));
        const std::lock_guard lock(mutex);
        answers[id].insert(answer.ok() ? *answer : answer.status().ToString());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(runs_, 50);
  EXPECT_EQ(size(), 51u);
  for (const auto& [id, seen] : answers) EXPECT_EQ(seen.size(), 1u) << id;
}

}  // namespace
}  // namespace sallyport::engine
