#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "audit/export.h"
#include "audit/export_line.h"
#include "base/status.h"
#include "engine/log_reader.h"
#include "sallyport/audit/v1/audit.pb.h"
#include "transport/services/api.h"
#include "transport/services/events.h"
#include "transport/services/methods.h"
#include "transport/services/watch.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::audit::v1;

constexpr char kExportRecords[] = "sallyport.audit.v1.AuditService/ExportRecords";
constexpr size_t kMessageBytes = 256 << 10;  // about; a message ends with the record that fills it

// Writes a range of the log under the checkpoint of the moment when it began. Its own record is in the log by then.
class Export {
 public:
  Export(engine::Engine& engine, audit::ExportRange range) : engine_(engine), range_(range) {}

  absl::StatusOr<std::optional<v1::ExportRecordsResponse>> Next(const engine::Snapshot&) {
    v1::ExportRecordsResponse response;
    if (done()) return std::nullopt;
    if (!writer_) SP_RETURN_IF_ERROR(Begin(response.mutable_lines()));
    SP_RETURN_IF_ERROR(AddRecords(response.mutable_lines()));
    if (writer_->next() == range_.to) {
      SP_RETURN_IF_ERROR(writer_->Finish(response.mutable_lines()));
      done_ = true;
    }
    response.set_records_done(writer_->next() - range_.from);
    response.set_records_total(range_.to - range_.from);
    return response;
  }
  bool done() const { return done_; }

 private:
  absl::Status Begin(std::string* lines) {
    snapshot_ = engine_.snapshot();
    if (range_.to == 0) range_.to = snapshot_->log_size;
    engine::LogReader reader(engine_.store());
    SP_ASSIGN_OR_RETURN(writer_, audit::ExportWriter::Begin(range_, snapshot_->checkpoint, reader, lines));
    return absl::OkStatus();
  }

  absl::Status AddRecords(std::string* lines) {
    absl::Status added;
    const auto add = [&](uint64_t index, storage::Entry entry) {
      const std::string personal = range_.personal ? PersonalOf(index, entry) : "";
      added = writer_->Add({entry.leaf, entry.leaf_hash, personal}, lines);
      return added.ok() && lines->size() < kMessageBytes;
    };
    SP_RETURN_IF_ERROR(engine_.store().ReadEntries(writer_->next(), range_.to, add));
    return added;
  }

  // Asks the state of now for the person's key, so that an export that is under way discloses nobody who was erased since.
  std::string PersonalOf(uint64_t index, const storage::Entry& entry) const {
    const auto now = engine_.snapshot();
    std::string opened = OpenPersonalOf(engine_, *now, index, entry);
    if (opened.empty() && WasErased(*now, entry)) return std::string(audit::kErasedPersonal);
    return opened;
  }

  engine::Engine& engine_;
  audit::ExportRange range_;
  std::shared_ptr<const engine::Snapshot> snapshot_;
  std::optional<audit::ExportWriter> writer_;
  bool done_ = false;
};

absl::StatusOr<audit::ExportRange> RangeOf(const engine::Snapshot& snapshot, const v1::ExportRecordsRequest& request) {
  if (request.end_index() > snapshot.log_size) {
    return FieldError("end_index", absl::StrCat("the log has ", snapshot.log_size, " records"));
  }
  const uint64_t end = request.end_index() == 0 ? snapshot.log_size : request.end_index();
  if (request.start_index() >= end) return FieldError("start_index", absl::StrCat("must be below ", end));
  return audit::ExportRange{request.start_index(), request.end_index(), request.include_personal()};
}

std::string InWords(const audit::ExportRange& range) {
  return absl::StrCat("records ", range.from, " to ", range.to == 0 ? "the end" : absl::StrCat(range.to),
                      range.personal ? " with personal fields" : "");
}

using ExportCall = StreamCall<v1::ExportRecordsRequest, v1::ExportRecordsResponse>;

void ExportRecords(Methods& methods, Watchers& watchers, ExportCall call) {
  const auto range = RangeOf(*methods.engine().snapshot(), call.request());
  if (!range.ok()) return call.Finish(range.status());
  const Caller caller = call.caller();
  methods.RecordDisclosure(
      kExportRecords, caller, {kExportRecords, PersonId(), InWords(*range)},
      [&watchers, work = Export(methods.engine(), *range), call = std::move(call)](absl::Status recorded) mutable {
        if (!recorded.ok()) return call.Finish(recorded);
        watchers.Add(std::move(call), std::move(work));
      });
}

}  // namespace

void AddExport(Methods& methods, Watchers& watchers) {
  methods.router().ServerStream<v1::ExportRecordsRequest, v1::ExportRecordsResponse>(
      kExportRecords, [&methods, &watchers](ExportCall call) { ExportRecords(methods, watchers, std::move(call)); });
}

}  // namespace sallyport::transport
