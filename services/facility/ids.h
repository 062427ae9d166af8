#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/id.h"

namespace sallyport {

using SiteId = Id<struct SiteTag>;
using FloorId = Id<struct FloorTag>;
using AreaId = Id<struct AreaTag>;
using AccessPointId = Id<struct AccessPointTag>;
using PersonId = Id<struct PersonTag>;
using CredentialId = Id<struct CredentialTag>;
using AccessLevelId = Id<struct AccessLevelTag>;
using ScheduleId = Id<struct ScheduleTag>;
using LockerId = Id<struct LockerTag>;
using OperatorId = Id<struct OperatorTag>;
using VisitId = Id<struct VisitTag>;
using DeviceId = Id<struct DeviceTag>;
using AlarmId = Id<struct AlarmTag>;

// Ids are 1 to 64 characters of a-z, A-Z, 0-9, '-', '_' and '.', beginning with a letter or digit.
// INVALID_ARGUMENT naming `field` otherwise.
absl::Status CheckId(absl::string_view field, absl::string_view value);

}  // namespace sallyport
