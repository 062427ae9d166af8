#include "transport/log_resources.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "audit/checkpoint.h"
#include "audit/proof.h"
#include "audit/tile.h"
#include "engine/engine_test_util.h"
#include "transport/test_world.h"

namespace sallyport::transport {
namespace {

class Reply final : public HttpResponder {
 public:
  explicit Reply(Eventually<HttpReply>* out) : out_(out) {}
  void Finish(HttpReply reply) override { out_->Set(std::move(reply)); }

 private:
  Eventually<HttpReply>* const out_;
};

// A log of 300 records and more: one full tile, and one that is not.
class LogResourcesTest : public testing::Test {
 protected:
  LogResourcesTest() {
    SP_CHECK(engine_.Open().ok());
    std::vector<std::future<absl::StatusOr<std::string>>> done;
    for (int i = 0; i < 300; ++i) done.push_back(Submit(*engine_, engine::MakeCommand("", engine::Note("x"))));
    for (auto& future : done) SP_CHECK(future.get().ok());
  }

  HttpReply Get(const std::string& path, bool log_is_public = false) {
    for (const HttpResource& resource : LogResources(*engine_, workers_, log_is_public)) {
      EXPECT_EQ(resource.action, log_is_public ? "" : "sallyport.audit.v1.AuditService/GetCheckpoint");
      if (!absl::StartsWith(path, resource.prefix)) continue;
      Eventually<HttpReply> reply;
      resource.get(path, std::make_unique<Reply>(&reply));
      return reply.Get();
    }
    ADD_FAILURE() << "no resource for " << path;
    return {};
  }
  uint64_t size() { return engine_->snapshot()->log_size; }
  std::string Partial() { return absl::StrCat("001.p/", size() - 256); }

  engine::TestEngine engine_;
  Workers workers_{1};
};

TEST_F(LogResourcesTest, TheTilesHashToTheCheckpoint) {
  const HttpReply checkpoint = Get("/log/checkpoint");
  EXPECT_EQ(checkpoint.status, 200u);
  EXPECT_EQ(checkpoint.cache_control, "no-cache");
  EXPECT_EQ(checkpoint.body, engine_->snapshot()->checkpoint);

  std::vector<audit::Hash> leaves;
  for (const auto& [path, width] : {std::pair<std::string, size_t>{"000", 256}, {Partial(), size() - 256}}) {
    const HttpReply tile = Get("/log/tile/0/" + path);
    ASSERT_EQ(tile.status, 200u) << path;
    EXPECT_EQ(tile.content_type, "application/octet-stream");
    EXPECT_EQ(tile.cache_control, "private, max-age=31536000, immutable");
    const auto hashes = audit::ParseHashTile(tile.body, static_cast<uint32_t>(width));
    ASSERT_TRUE(hashes.ok()) << hashes.status();
    const HttpReply bundle = Get("/log/tile/entries/" + path);
    ASSERT_EQ(bundle.status, 200u) << path;
    const auto entries = audit::ParseEntryBundle(bundle.body, static_cast<uint32_t>(width));
    ASSERT_TRUE(entries.ok()) << entries.status();
    for (size_t i = 0; i < width; ++i) EXPECT_EQ(audit::LeafHash((*entries)[i]), (*hashes)[i]);
    leaves.insert(leaves.end(), hashes->begin(), hashes->end());
  }
  EXPECT_EQ(audit::TileRootHash(leaves), engine::Root(*engine_->snapshot()));
  const HttpReply above = Get("/log/tile/1/000.p/1");
  ASSERT_EQ(above.status, 200u);
  EXPECT_EQ(above.body, audit::HashBytes(audit::TileRootHash(absl::MakeSpan(leaves).first(256))));
}

TEST_F(LogResourcesTest, APublicLogMayBeCachedByAnybody) {
  EXPECT_EQ(Get("/log/tile/0/000", true).cache_control, "public, max-age=31536000, immutable");
}

TEST_F(LogResourcesTest, WhatTheLogDoesNotHaveIsNotFound) {
  for (const char* path : {"/log/tile/0/001", "/log/tile/0/002", "/log/tile/0/000.p/0", "/log/tile/1/000",
                           "/log/tile/2/000.p/1", "/log/tile/64/000", "/log/tile/0/0", "/log/tile/0/../checkpoint",
                           "/log/tile/", "/log/tile/entries/001", "/log/tile/0/999.p/1", "/log/checkpoint2"}) {
    EXPECT_EQ(Get(path).status, 404u) << path;
  }
}

}  // namespace
}  // namespace sallyport::transport
