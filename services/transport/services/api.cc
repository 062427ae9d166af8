#include "transport/services/api.h"

#include <array>

namespace sallyport::transport {
namespace {

constexpr std::array kServices = {"sallyport.access.v1.AccessService",        "sallyport.alarm.v1.AlarmService",
                                  "sallyport.audit.v1.AuditService",          "sallyport.badge.v1.BadgeEventService",
                                  "sallyport.directory.v1.DirectoryService",  "sallyport.facility.v1.FacilityService",
                                  "sallyport.operator.v1.OperatorService",    "sallyport.policy.v1.PolicyService",
                                  "sallyport.quarantine.v1.QuarantineService"};

}  // namespace

std::vector<std::string> ServiceNames() { return {kServices.begin(), kServices.end()}; }

Api::Api(Router& router, engine::Engine& engine, Workers& workers)
    : methods_(router, engine, workers), watchers_(engine, workers), erasures_(Erasures::Of(engine)) {
  AddAccessService(methods_);
  AddAlarmService(methods_, watchers_);
  AddAuditService(methods_, watchers_);
  AddBadgeEventService(methods_, watchers_);
  AddDirectoryService(methods_);
  AddErasure(methods_, erasures_);
  AddFacilityService(methods_);
  AddOperatorService(methods_);
  AddPolicyService(methods_, watchers_);
  AddQuarantineService(methods_, watchers_);
  for (const char* service : kServices) router.AddUnimplemented(service);
}

void Api::EndStreams() {
  watchers_.EndAll();
  erasures_->EndAll();
}

}  // namespace sallyport::transport
