#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "audit/checkpoint.h"
#include "audit/proof.h"
#include "audit/tlog_proof.h"
#include "base/status.h"
#include "engine/log_reader.h"
#include "sallyport/audit/v1/audit.pb.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/events.h"
#include "transport/services/methods.h"
#include "transport/services/pages.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::audit::v1;

#define SP_AUDIT "sallyport.audit.v1.AuditService/"

absl::Status CheckIndex(const engine::Snapshot& snapshot, uint64_t index) {
  if (index < snapshot.log_size) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("index: the log has ", snapshot.log_size, " records"));
}

// The tree asked about, at most the last checkpoint's.
absl::StatusOr<uint64_t> SizeOf(absl::string_view field, const engine::Snapshot& snapshot, uint64_t asked) {
  if (asked > snapshot.log_size) {
    return FieldError(field, absl::StrCat("the log has ", snapshot.log_size, " records"));
  }
  return asked == 0 ? snapshot.log_size : asked;
}

template <class List>
void AddHashes(const std::vector<audit::Hash>& hashes, List* out) {
  for (const audit::Hash& hash : hashes) out->Add(std::string(audit::HashBytes(hash)));
}

absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(const QueryContext& context, const v1::GetCheckpointRequest&) {
  v1::GetCheckpointResponse response;
  response.set_checkpoint(context.snapshot.checkpoint);
  return response;
}

// ---- records

absl::Status ReadRecord(const QueryContext& context, uint64_t index, bool personal, v1::LogRecord* out) {
  SP_ASSIGN_OR_RETURN(storage::Entry entry, context.engine.store().ReadEntry(index));
  out->set_index(index);
  out->set_leaf_hash(entry.leaf_hash.data(), entry.leaf_hash.size());
  if (personal) out->set_personal(OpenPersonalOf(context.engine, context.snapshot, index, entry));
  out->set_leaf(std::move(entry.leaf));
  return absl::OkStatus();
}

// Leaves alone hold nothing personal: an auditor who follows the log must not make it grow by that.
std::optional<DisclosureEvent> Asked(const char* method, bool personal, uint64_t first, uint64_t end) {
  if (!personal) return std::nullopt;
  return DisclosureEvent{method, PersonId(), absl::StrCat("records ", first, " to ", end, " with personal fields")};
}

absl::StatusOr<std::optional<DisclosureEvent>> GetRecordAsked(const QueryContext& context,
                                                              const v1::GetRecordRequest& request) {
  SP_RETURN_IF_ERROR(CheckIndex(context.snapshot, request.index()));
  return Asked(SP_AUDIT "GetRecord", request.include_personal(), request.index(), request.index() + 1);
}

absl::StatusOr<v1::GetRecordResponse> GetRecord(const QueryContext& context, const v1::GetRecordRequest& request) {
  v1::GetRecordResponse response;
  SP_RETURN_IF_ERROR(ReadRecord(context, request.index(), request.include_personal(), response.mutable_record()));
  return response;
}

absl::StatusOr<std::optional<DisclosureEvent>> ListRecordsAsked(const QueryContext& context,
                                                                const v1::ListRecordsRequest& request) {
  SP_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  return Asked(SP_AUDIT "ListRecords", request.include_personal(), request.start_index(),
               std::min(context.snapshot.log_size, request.start_index() + page_size));
}

absl::StatusOr<v1::ListRecordsResponse> ListRecords(const QueryContext& context,
                                                    const v1::ListRecordsRequest& request) {
  SP_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  v1::ListRecordsResponse response;
  response.set_size(context.snapshot.log_size);
  for (uint64_t index = request.start_index(); index < context.snapshot.log_size; ++index) {
    if (index - request.start_index() >= page_size) break;
    SP_RETURN_IF_ERROR(ReadRecord(context, index, request.include_personal(), response.add_records()));
  }
  return response;
}

// ---- proofs

absl::StatusOr<v1::GetReceiptResponse> GetReceipt(const QueryContext& context, const v1::GetReceiptRequest& request) {
  SP_RETURN_IF_ERROR(CheckIndex(context.snapshot, request.index()));
  engine::LogReader reader(context.engine.store());
  SP_ASSIGN_OR_RETURN(audit::Receipt receipt, audit::MakeReceipt(request.index(), context.snapshot.checkpoint, reader));
  SP_ASSIGN_OR_RETURN(storage::Entry entry, context.engine.store().ReadEntry(request.index()));
  receipt.extra = entry.leaf;  // so that the receipt needs nothing beside it but the public key
  v1::GetReceiptResponse response;
  SP_ASSIGN_OR_RETURN(*response.mutable_receipt(), audit::FormatReceipt(receipt));
  response.set_leaf(std::move(entry.leaf));
  return response;
}

absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(const QueryContext& context,
                                                                const v1::GetInclusionProofRequest& request) {
  SP_ASSIGN_OR_RETURN(const uint64_t size, SizeOf("size", context.snapshot, request.size()));
  if (request.index() >= size)
    return FieldError("index", absl::StrCat("a tree of ", size, " records does not have it"));
  engine::LogReader reader(context.engine.store());
  SP_ASSIGN_OR_RETURN(const std::vector<audit::Hash> proof, audit::InclusionProof(request.index(), size, reader));
  SP_ASSIGN_OR_RETURN(const audit::Hash root, audit::RootOf(size, reader));
  SP_ASSIGN_OR_RETURN(const std::vector<audit::Hash> leaf, reader.ReadHashes(0, request.index(), 1));
  v1::GetInclusionProofResponse response;
  AddHashes(proof, response.mutable_hashes());
  response.set_leaf_hash(std::string(audit::HashBytes(leaf.front())));
  response.set_size(size);
  response.set_root(std::string(audit::HashBytes(root)));
  return response;
}

absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(const QueryContext& context,
                                                                    const v1::GetConsistencyProofRequest& request) {
  SP_ASSIGN_OR_RETURN(const uint64_t second, SizeOf("second_size", context.snapshot, request.second_size()));
  if (request.first_size() > second) return FieldError("first_size", absl::StrCat("is larger than ", second));
  engine::LogReader reader(context.engine.store());
  SP_ASSIGN_OR_RETURN(const std::vector<audit::Hash> proof,
                      audit::ConsistencyProof(request.first_size(), second, reader));
  SP_ASSIGN_OR_RETURN(const audit::Hash first_root, audit::RootOf(request.first_size(), reader));
  SP_ASSIGN_OR_RETURN(const audit::Hash second_root, audit::RootOf(second, reader));
  v1::GetConsistencyProofResponse response;
  AddHashes(proof, response.mutable_hashes());
  response.set_second_size(second);
  response.set_first_root(std::string(audit::HashBytes(first_root)));
  response.set_second_root(std::string(audit::HashBytes(second_root)));
  return response;
}

// ---- keys

absl::StatusOr<v1::ListKeysResponse> ListKeys(const QueryContext& context, const v1::ListKeysRequest&) {
  v1::ListKeysResponse response;
  v1::LogKey* key = response.add_keys();
  key->set_vkey(context.engine.keys().log_key->verifier().ToString());
  key->set_active(true);
  return response;
}

}  // namespace

void AddAuditService(Methods& methods, Watchers& watchers) {
  methods.Query(SP_AUDIT "GetCheckpoint", GetCheckpoint);
  methods.Disclosure(SP_AUDIT "GetRecord", GetRecordAsked, GetRecord);
  methods.Disclosure(SP_AUDIT "ListRecords", ListRecordsAsked, ListRecords);
  methods.Query(SP_AUDIT "GetReceipt", GetReceipt);
  methods.Query(SP_AUDIT "GetInclusionProof", GetInclusionProof);
  methods.Query(SP_AUDIT "GetConsistencyProof", GetConsistencyProof);
  methods.Query(SP_AUDIT "ListKeys", ListKeys);
  AddExport(methods, watchers);
  // RotateKey answers UNIMPLEMENTED (docs/status.md).
}

}  // namespace sallyport::transport
