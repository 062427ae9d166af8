#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sallyport/access/v1/access.pb.h"
#include "sallyport/client.h"

// Sends recorded badge reads to a server over AuthorizeStream, as a gateway does: in order, a bounded number of them
// under way.
namespace sallyport::cli {

struct RecordedRead {
  size_t line = 0;  // in its file, for messages
  access::v1::AuthorizeRequest request;
};

// Gives the next read; nothing at the end.
using ReadSource = std::function<absl::StatusOr<std::optional<RecordedRead>>()>;

struct ReplayOptions {
  size_t window = 256;            // reads under way at once
  absl::Duration retry;           // how long to try again after the server went away; zero: not at all
  absl::Duration answer_timeout;  // without any answer for so long, the server counts as gone
  std::string acknowledged;       // file that gets "request_id index" of every answered read; empty: none
};

struct ReplayOutcome {
  size_t reads = 0;  // answered, with a decision or an error
  size_t grant = 0;
  size_t deny = 0;
  size_t errors = 0;  // reads that got an error instead of a decision
  std::map<std::string, size_t> by_reason;
  std::vector<std::string> first_errors;  // "line N: …", the first few
  size_t reconnects = 0;
  grpc::Status status;  // of the connection; not OK: the server went away before the end
};

// Sends every read of `source` and waits for every answer. When the connection breaks and `retry` allows it, reads
// without an answer are sent again in their order under their old request_id, so that none is recorded twice. An answer
// RESOURCE_EXHAUSTED or UNAVAILABLE counts as a broken connection then. Returns an error when `source` or the file of
// acknowledgements fails; what the server does is in the outcome. Uses two threads while it runs.
absl::StatusOr<ReplayOutcome> Replay(const Client& client, const ReadSource& source, const ReplayOptions& options);

}  // namespace sallyport::cli
