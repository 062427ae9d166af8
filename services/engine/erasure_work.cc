#include "engine/erasure_work.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "engine/recorder.h"

namespace sallyport::engine {
namespace {

constexpr size_t kRecordsAtOnce = 128;  // a page of the database each at most: some milliseconds
constexpr absl::Duration kAgainAfter = absl::Seconds(1);

}  // namespace

absl::Status ErasureWork::DropSome() {
  Person& person = begun_.front();
  storage::Query query;
  query.groups = {{PersonTerm(person.subject_ref)}};
  query.first = person.next;
  query.newest_first = false;
  query.limit = kRecordsAtOnce;
  SP_ASSIGN_OR_RETURN(const std::vector<uint64_t> indexes, store_.FindEntries(query));
  SP_RETURN_IF_ERROR(store_.DropSealed(indexes));
  if (indexes.size() < kRecordsAtOnce) {
    dropped_.push_back(std::move(person.subject_ref));
    begun_.pop_front();
  } else {
    person.next = indexes.back() + 1;
  }
  return absl::OkStatus();
}

std::vector<std::string> ErasureWork::Step() {
  std::vector<std::string> finished;
  const bool scrub = begun_.empty();
  const absl::Status status = scrub ? store_.Scrub() : DropSome();
  if (status.ok()) {
    if (scrub) finished.swap(dropped_);
    pause_ = absl::ZeroDuration();
  } else {
    pause_ = kAgainAfter;
    Log(LogLevel::kWarning, "taking what is left of an erased person out of the files failed; it will be tried again",
        {{"error", std::string(status.message())}});
  }
  return finished;
}

}  // namespace sallyport::engine
