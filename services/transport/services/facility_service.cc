#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "access/place.h"
#include "audit/hash.h"
#include "base/status.h"
#include "engine/facility_commands.h"
#include "facility/document.h"
#include "facility/plan.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/methods.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::facility::v1;

#define SP_FACILITY "sallyport.facility.v1.FacilityService/"

constexpr size_t kFileNameBytesMax = 255;
constexpr char kFileName[] = "facility.yaml";

// ---- documents

template <class Request>
absl::StatusOr<facility::Document> DocumentOf(const Request& request) {
  return facility::ParseDocument(request.document(), request.file_name().empty() ? kFileName : request.file_name());
}

template <class Request>
absl::Status CheckDocument(const Request& request) {
  if (request.document().empty()) return FieldError("document", "is empty");
  if (request.file_name().size() > kFileNameBytesMax) {
    return FieldError("file_name", absl::StrCat("at most ", kFileNameBytesMax, " bytes"));
  }
  return absl::OkStatus();
}

template <class List>
void AddChanges(const std::vector<facility::Change>& changes, List* out) {
  for (const facility::Change& change : changes) {
    v1::FacilityChange* to = out->Add();
    to->set_action(std::string(facility::Name(change.action)));
    to->set_kind(change.kind);
    to->set_id(change.id);
    for (const facility::Change::Field& field : change.fields) {
      v1::FacilityChange::FieldChange* part = to->add_fields();
      part->set_field(field.field);
      part->set_before(field.before);
      part->set_after(field.after);
    }
  }
}

// A plan shows what the directory knows of the people in the document.
absl::StatusOr<std::optional<DisclosureEvent>> PlanAsked(const QueryContext&, const v1::PlanFacilityRequest& request) {
  SP_RETURN_IF_ERROR(CheckDocument(request));
  const audit::Hash hash = audit::Sha256(request.document());
  return DisclosureEvent{SP_FACILITY "PlanFacility", PersonId(),
                         absl::StrCat("document ", absl::BytesToHexString(audit::HashBytes(hash)))};
}

absl::StatusOr<v1::PlanFacilityResponse> Plan(const QueryContext& context, const v1::PlanFacilityRequest& request) {
  SP_ASSIGN_OR_RETURN(const facility::Document document, DocumentOf(request));
  v1::PlanFacilityResponse response;
  AddChanges(facility::Plan(document, context.snapshot.state.facility), response.mutable_changes());
  return response;
}

using ApplyCall = UnaryCall<v1::ApplyFacilityRequest, v1::ApplyFacilityResponse>;

// Parsing a large document takes seconds: a worker does it, and only the change itself waits for the engine.
void ApplyParsed(engine::Engine& engine, const std::shared_ptr<ApplyCall>& call) {
  auto document = DocumentOf(call->request());
  if (!document.ok()) return call->Reply(document.status());
  engine::Command command;
  command.actor = call->caller().id;
  command.method = SP_FACILITY "ApplyFacility";
  command.request_id = call->request().request_id();
  command.fingerprint = document->hash;
  command.apply = [document = *std::move(document)](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
    SP_ASSIGN_OR_RETURN(const std::vector<facility::Change> changes, engine::ApplyFacility(transaction, document));
    v1::ApplyFacilityResponse response;
    AddChanges(changes, response.mutable_changes());
    return response.SerializeAsString();
  };
  command.done = [call](absl::StatusOr<std::string> bytes) { call->ReplyBytes(std::move(bytes)); };
  engine.Submit(std::move(command));
}

void Apply(Methods& methods, ApplyCall call) {
  if (absl::Status checked = CheckRequestId(call.request().request_id()); !checked.ok()) return call.Reply(checked);
  if (absl::Status checked = CheckDocument(call.request()); !checked.ok()) return call.Reply(checked);
  methods.workers().Post([&engine = methods.engine(), shared = std::make_shared<ApplyCall>(std::move(call))] {
    ApplyParsed(engine, shared);
  });
}

absl::StatusOr<v1::GetFacilityResponse> GetFacility(const QueryContext& context, const v1::GetFacilityRequest&) {
  v1::GetFacilityResponse response;
  ToProto(context.snapshot.state.facility, &response);
  return response;
}

// ---- modes

absl::StatusOr<v1::SetDoorModeResponse> SetDoorMode(engine::Transaction& transaction,
                                                    const v1::SetDoorModeRequest& request) {
  SP_RETURN_IF_ERROR(CheckId("access_point_id", request.access_point_id()));
  SP_ASSIGN_OR_RETURN(const facility::DoorMode mode, FromProto("mode", request.mode()));
  SP_ASSIGN_OR_RETURN(const facility::AccessPoint access_point,
                      engine::SetDoorMode(transaction, AccessPointId(request.access_point_id()), mode));
  v1::SetDoorModeResponse response;
  ToProto(access_point, response.mutable_access_point());
  return response;
}

absl::StatusOr<v1::SetThreatLevelResponse> SetThreatLevel(engine::Transaction& transaction,
                                                          const v1::SetThreatLevelRequest& request) {
  SP_RETURN_IF_ERROR(CheckId("site_id", request.site_id()));
  SP_ASSIGN_OR_RETURN(const facility::ThreatLevel level, FromProto("threat_level", request.threat_level()));
  SP_ASSIGN_OR_RETURN(const facility::Site site, engine::SetThreatLevel(transaction, SiteId(request.site_id()), level));
  v1::SetThreatLevelResponse response;
  ToProto(site, response.mutable_site());
  return response;
}

absl::StatusOr<v1::SetAreaStateResponse> SetAreaState(engine::Transaction& transaction,
                                                      const v1::SetAreaStateRequest& request) {
  SP_RETURN_IF_ERROR(CheckId("area_id", request.area_id()));
  SP_ASSIGN_OR_RETURN(const facility::Area area, engine::SetVisualSecurity(transaction, AreaId(request.area_id()),
                                                                           request.visual_security_confirmed()));
  v1::SetAreaStateResponse response;
  ToProto(area, response.mutable_area());
  return response;
}

// ---- Muster

absl::StatusOr<std::optional<DisclosureEvent>> MusterAsked(const QueryContext& context,
                                                           const v1::MusterRequest& request) {
  if (!context.snapshot.state.facility.sites.Contains(SiteId(request.site_id()))) {
    return WithReason(absl::NotFoundError(absl::StrCat("site_id: no site '", request.site_id(), "'")),
                      "SITE_NOT_FOUND");
  }
  return DisclosureEvent{SP_FACILITY "Muster", PersonId(), request.site_id()};
}

// The site whose building an area is in; empty for the outside.
SiteId SiteOf(const facility::State& facility, const AreaId& id) {
  for (const facility::Area* area : access::ChainOf(facility, id)) {
    const facility::Floor* floor = facility.floors.Find(area->floor);
    if (floor != nullptr) return floor->site;
  }
  return SiteId();
}

absl::StatusOr<v1::MusterResponse> Muster(const QueryContext& context, const v1::MusterRequest& request) {
  const engine::State& state = context.snapshot.state;
  const SiteId site(request.site_id());
  std::vector<std::tuple<AreaId, PersonId, absl::Time>> inside;
  state.access.presence.ForEach([&](const PersonId& person, const access::Presence& presence) {
    if (SiteOf(state.facility, presence.area) == site) inside.emplace_back(presence.area, person, presence.since);
  });
  std::sort(inside.begin(), inside.end());
  v1::MusterResponse response;
  for (const auto& [area, person, since] : inside) {
    v1::MusterEntry* entry = response.add_entries();
    entry->set_person_id(person.value());
    if (const auto* found = state.facility.people.Find(person)) entry->set_person_name(found->name);
    entry->set_area_id(area.value());
    SetTime(since, entry, &v1::MusterEntry::mutable_since);
  }
  return response;
}

}  // namespace

void AddFacilityService(Methods& methods) {
  methods.Disclosure(SP_FACILITY "PlanFacility", PlanAsked, Plan);
  methods.router().Unary<v1::ApplyFacilityRequest, v1::ApplyFacilityResponse>(
      SP_FACILITY "ApplyFacility", [&methods](ApplyCall call) { Apply(methods, std::move(call)); });
  methods.Query(SP_FACILITY "GetFacility", GetFacility);
  methods.Command(SP_FACILITY "SetDoorMode", SetDoorMode);
  methods.Command(SP_FACILITY "SetThreatLevel", SetThreatLevel);
  methods.Command(SP_FACILITY "SetAreaState", SetAreaState);
  methods.Disclosure(SP_FACILITY "Muster", MusterAsked, Muster);
}

}  // namespace sallyport::transport
