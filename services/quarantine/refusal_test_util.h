#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "quarantine/test_world.h"
#include "quarantine/workflow.h"

// For tests: one refusal of one transition by one guard.
namespace sallyport::quarantine::testing {

// Reach a point, spoil one thing, take the step. It is refused with that code and reason, says what was wrong, and
// changes nothing.

class Desk : public World {
 public:
  void TestBody() override {}
  using World::ChangeArea, World::ChangeLocker, World::ChangePerson, World::context, World::visit, World::Of;
  using World::Clear, World::Start, World::End, World::Release, World::Close, World::Enter, World::Leave, World::Reach;
  using World::Create, World::CheckIn, World::Declare, World::DeclareNone, World::Screen, World::Seal, World::Probe;
  using World::facility_, World::state_, World::events_, World::now_, World::actor_person_, World::visit_;
  using World::kCleared, World::kStarted, World::kInside, World::kEndedInside, World::kEnded;
  using World::kCreated, World::kCheckedIn, World::kDeclared, World::kScreened, World::kSealed, World::kVerified;
  using World::Point;
};

using Step = std::function<absl::Status(Desk&)>;

struct Refusal {
  const char* name;
  Desk::Point point;
  std::function<void(Desk&)> spoil;
  Step step;
  absl::StatusCode code;
  const char* reason;  // or, for INVALID_ARGUMENT, the field
  const char* says = "";

  friend std::ostream& operator<<(std::ostream& out, const Refusal& refusal) { return out << refusal.name; }
};

inline void ExpectRefusal(const Refusal& refusal) {
  Desk desk;
  desk.Reach(refusal.point);
  if (refusal.spoil) refusal.spoil(desk);
  desk.events_.clear();
  const std::string before = Fingerprint(desk.state_);
  const absl::Status status = refusal.step(desk);
  EXPECT_EQ(status.code(), refusal.code) << status;
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
    EXPECT_EQ(FieldViolations(status)[0].field, refusal.reason) << status;
  } else {
    EXPECT_EQ(ReasonOf(status), refusal.reason) << status;
  }
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(refusal.says));
  EXPECT_EQ(Fingerprint(desk.state_), before);
  EXPECT_TRUE(desk.events_.empty());
}

inline constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
inline constexpr auto kMissing = absl::StatusCode::kNotFound;
inline constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;
inline constexpr auto kExists = absl::StatusCode::kAlreadyExists;
inline constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

using D = Desk;

}  // namespace sallyport::quarantine::testing
