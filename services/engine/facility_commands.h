#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "engine/transaction.h"
#include "facility/document.h"
#include "facility/plan.h"

// Changing the facility and its modes: what the facility room says, the other rooms asked first and told afterwards,
// and everything recorded.
namespace sallyport::engine {

// Makes the facility what the document says, whole or not at all, and returns what changed. The log gets
// "facility.applied" with the document's hash and the counts, and one record for each person and credential.
// FAILED_PRECONDITION names what stands in the way: people in an area that goes (AREA_OCCUPIED), a device in a slot
// that goes (DEVICE_IN_CUSTODY), a visit in an area that goes or stops being for interviews (VISIT_PLANNED), or what
// facility::Apply refuses.
absl::StatusOr<std::vector<facility::Change>> ApplyFacility(Transaction& transaction,
                                                            const facility::Document& document);

// NOT_FOUND with the field "access_point_id". Voids two-person entries that have begun.
absl::StatusOr<facility::AccessPoint> SetDoorMode(Transaction& transaction, const AccessPointId& access_point,
                                                  facility::DoorMode mode);

// NOT_FOUND with the field "site_id". Voids two-person entries that have begun.
absl::StatusOr<facility::Site> SetThreatLevel(Transaction& transaction, const SiteId& site,
                                              facility::ThreatLevel level);

// Confirms that the blinds are down, from now, or withdraws it; also where nobody asks for it yet. NOT_FOUND with the
// field "area_id".
absl::StatusOr<facility::Area> SetVisualSecurity(Transaction& transaction, const AreaId& area, bool confirmed);

}  // namespace sallyport::engine
