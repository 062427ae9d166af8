#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "access/place.h"
#include "base/status.h"
#include "transport/services/api.h"
#include "transport/services/authorize.h"
#include "transport/services/convert.h"
#include "transport/services/methods.h"
#include "transport/services/pages.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::access::v1;

// ---- ListPresence

absl::StatusOr<std::optional<DisclosureEvent>> PresenceAsked(const QueryContext& context,
                                                             const v1::ListPresenceRequest& request) {
  SP_RETURN_IF_ERROR(PageSize(request.page_size()).status());
  if (!request.area_id().empty() && !context.snapshot.state.facility.areas.Contains(AreaId(request.area_id()))) {
    return WithReason(absl::NotFoundError(absl::StrCat("area_id: no area '", request.area_id(), "'")),
                      "AREA_NOT_FOUND");
  }
  return DisclosureEvent{"sallyport.access.v1.AccessService/ListPresence", PersonId(), request.area_id()};
}

absl::StatusOr<v1::ListPresenceResponse> ListPresence(const QueryContext& context,
                                                      const v1::ListPresenceRequest& request) {
  SP_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const engine::State& state = context.snapshot.state;
  const AreaId area(request.area_id());
  std::vector<std::pair<PersonId, const access::Presence*>> found;
  state.access.presence.ForEach([&](const PersonId& person, const access::Presence& presence) {
    if (person.value() <= request.page_token() && !request.page_token().empty()) return;
    if (!area.empty() && !access::IsWithin(state.facility, presence.area, area)) return;
    found.emplace_back(person, &presence);
  });
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  v1::ListPresenceResponse response;
  for (size_t i = 0; i < std::min(page_size, found.size()); ++i) {
    v1::Presence* to = response.add_presence();
    to->set_person_id(found[i].first.value());
    if (const auto* person = state.facility.people.Find(found[i].first)) to->set_person_name(person->name);
    to->set_area_id(found[i].second->area.value());
    SetTime(found[i].second->since, to, &v1::Presence::mutable_since);
    to->set_access_point_id(found[i].second->by.value());
  }
  if (found.size() > page_size) response.set_next_page_token(found[page_size - 1].first.value());
  state.access.occupancy.ForEach([&](const AreaId& id, int32_t people) {
    if (area.empty() || access::IsWithin(state.facility, id, area))
      (*response.mutable_occupancy())[id.value()] = people;
  });
  return response;
}

}  // namespace

void AddAccessService(Methods& methods) {
  AddAuthorize(methods);
  AddAuthorizeStream(methods);
  AddExplain(methods);
  methods.Disclosure("sallyport.access.v1.AccessService/ListPresence", PresenceAsked, ListPresence);
}

}  // namespace sallyport::transport
