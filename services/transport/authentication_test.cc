#include "transport/authentication.h"

#include <gtest/gtest.h>

#include "transport/limits.h"
#include "transport/test_world.h"

namespace sallyport::transport {
namespace {

constexpr char kWhoAmI[] = "sallyport.operator.v1.OperatorService/WhoAmI";
constexpr char kListOperators[] = "sallyport.operator.v1.OperatorService/ListOperators";
constexpr char kAuthorize[] = "sallyport.access.v1.AccessService/Authorize";
constexpr char kReflection[] = "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

struct Case {
  std::string name;
  std::vector<std::string> headers;  // "$ada" stands for ada's token
  std::string certificate;
  std::string method;
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string caller = "";
};

class AuthenticateTest : public testing::TestWithParam<Case> {};

TEST_P(AuthenticateTest, Decides) {
  TestPeople people;
  const Authenticator authenticator = people.authenticator();
  Credentials credentials;
  credentials.SetCertificateName(GetParam().certificate);
  for (std::string header : GetParam().headers) {
    if (const size_t at = header.find('$'); at != std::string::npos) {
      header = header.substr(0, at) + people.token(header.substr(at + 1));
    }
    credentials.AddAuthorization(header);
  }
  const auto caller = authenticator.Authenticate(credentials, GetParam().method);
  ASSERT_EQ(caller.status().code(), GetParam().code) << caller.status();
  if (caller.ok()) {
    EXPECT_EQ(caller->id, GetParam().caller);
    EXPECT_EQ(caller->authenticated_by, GetParam().headers.empty() ? "certificate" : "token");
  } else {
    EXPECT_EQ(caller.status().message(),
              caller.status().code() == absl::StatusCode::kUnauthenticated ? "no valid identity" : "permission denied");
  }
}

constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

INSTANTIATE_TEST_SUITE_P(
    All, AuthenticateTest,
    testing::Values(
        Case{"Token", {"Bearer $ada"}, "", kListOperators, absl::StatusCode::kOk, "ada"},
        Case{"SchemeInAnyCase", {"bEARER $ada"}, "", kListOperators, absl::StatusCode::kOk, "ada"},
        Case{"Certificate", {}, "gate-1", kAuthorize, absl::StatusCode::kOk, "gate-1"},
        Case{"Reflection", {"Bearer $rae"}, "", kReflection, absl::StatusCode::kOk, "rae"},
        Case{"TokenBeforeCertificate", {"Bearer $rae"}, "gate-1", kWhoAmI, absl::StatusCode::kOk, "rae"},
        Case{"BadTokenWithGoodCertificate", {"Bearer sp_t-ada_AAAA"}, "gate-1", kWhoAmI, kUnauthenticated},
        Case{"Nothing", {}, "", kWhoAmI, kUnauthenticated},
        Case{"EmptyHeader", {""}, "gate-1", kWhoAmI, kUnauthenticated},
        Case{"OtherScheme", {"Basic $ada"}, "", kWhoAmI, kUnauthenticated},
        Case{"NoScheme", {"$ada"}, "", kWhoAmI, kUnauthenticated},
        Case{"TwoHeaders", {"Bearer $ada", "Bearer $ada"}, "", kWhoAmI, kUnauthenticated},
        Case{"LongHeader", {std::string("Bearer ") + std::string(600, 'x')}, "", kWhoAmI, kUnauthenticated},
        Case{"SuspendedByToken", {"Bearer $sam"}, "", kWhoAmI, kUnauthenticated},
        Case{"SuspendedByCertificate", {}, "sam", kWhoAmI, kUnauthenticated},
        Case{"PersonByCertificate", {}, "ada", kWhoAmI, kUnauthenticated},
        Case{"UnknownCertificate", {}, "gate-2", kAuthorize, kUnauthenticated},
        Case{"WrongRole", {"Bearer $rae"}, "", kListOperators, kDenied},
        Case{"GatewayBeyondItsDuty", {}, "gate-1", kListOperators, kDenied},
        Case{"GatewayReflection", {}, "gate-1", kReflection, kDenied},
        Case{"UnknownMethod", {"Bearer $ada"}, "", "sallyport.operator.v1.OperatorService/Nothing", kDenied}),
    [](const auto& param) { return param.param.name; });

Credentials TokenOf(const TestPeople& people, const std::string& id) {
  Credentials out;
  out.AddAuthorization("Bearer " + people.token(id));
  return out;
}

TEST(AuthenticatorTest, WithoutAPolicySetNobodyMayDoAnything) {
  TestPeople people;
  people.Change([](engine::Snapshot& snapshot) { snapshot.policies = nullptr; });
  EXPECT_EQ(people.authenticator().Authenticate(TokenOf(people, "ada"), kWhoAmI).status().code(), kDenied);
}

TEST(AuthenticatorTest, ARevokedTokenFailsOnTheNextCall) {
  TestPeople people;
  const Authenticator authenticator = people.authenticator();
  EXPECT_TRUE(authenticator.Authenticate(TokenOf(people, "ada"), kWhoAmI).ok());
  people.Revoke("ada");
  EXPECT_EQ(authenticator.Authenticate(TokenOf(people, "ada"), kWhoAmI).status().code(), kUnauthenticated);
}

TEST(StandingTest, IsLostAtOnceByRevoking) {
  TestPeople people;
  const Authenticator authenticator = people.authenticator();
  Standing standing(authenticator, TokenOf(people, "ada"), kWhoAmI);
  const auto caller = standing.Check();
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->id, "ada");
  EXPECT_TRUE(standing.Check().ok());
  people.Revoke("ada");
  EXPECT_EQ(standing.Check().status().code(), kUnauthenticated);
}

TEST(StandingTest, IsLostAtOnceBySuspendingAndByPolicy) {
  TestPeople people;
  const Authenticator authenticator = people.authenticator();
  Standing standing(authenticator, TokenOf(people, "rae"), kWhoAmI);
  ASSERT_TRUE(standing.Check().ok());
  const auto before = people.snapshot()->policies;
  people.Change([](engine::Snapshot& snapshot) { snapshot.policies = nullptr; });
  EXPECT_EQ(standing.Check().status().code(), kDenied);
  people.Change([&](engine::Snapshot& snapshot) { snapshot.policies = before; });
  ASSERT_TRUE(standing.Check().ok());
  people.Change([](engine::Snapshot& snapshot) {
    operators::Operator rae = *snapshot.state.operators.operators.Find(OperatorId("rae"));
    rae.status = operators::OperatorStatus::kSuspended;
    snapshot.state.operators.operators.Put(rae.id, rae);
  });
  EXPECT_EQ(standing.Check().status().code(), kUnauthenticated);
}

TEST(StandingTest, IsLostSoonAfterTheTokenExpired) {
  TestPeople people;
  const Authenticator authenticator = people.authenticator();
  Standing standing(authenticator, TokenOf(people, "ada"), kWhoAmI);
  ASSERT_TRUE(standing.Check().ok());
  people.Advance(absl::Hours(1) + kStandingMax);
  EXPECT_EQ(standing.Check().status().code(), kUnauthenticated);
}

}  // namespace
}  // namespace sallyport::transport
