#include "access/credential.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "access/pin.h"
#include "reader/card_format.h"

namespace sallyport::access {
namespace {

using Formats = std::vector<std::string>;

constexpr absl::string_view kRaw = "raw";

const Formats& FormatsAt(const Place& place) {
  static const auto& usual = *new Formats{"H10301", std::string(kRaw)};
  if (!place.access_point->formats.empty()) return place.access_point->formats;
  if (place.site != nullptr && !place.site->card_formats.empty()) return place.site->card_formats;
  return usual;
}

const facility::Credential* FindByCard(const facility::State& facility, reader::CardNumber decoded) {
  const facility::CardNumber card{std::move(decoded.format), decoded.facility_code, decoded.number,
                                  std::move(decoded.raw)};
  const CredentialId* id = facility.credential_by_card.Find(card.Key());
  return id == nullptr ? nullptr : facility.credentials.Find(*id);
}

// By its number or, where readers send raw cards too, by all of its bits.
const facility::Credential* FindByBits(const facility::State& facility, const Place& place, const CardBits& card,
                                       Reasons& reasons) {
  const Formats& formats = FormatsAt(place);
  auto decoded = reader::Decode(card.bits, card.bit_count, formats);
  if (!decoded.ok()) {
    reasons.Add(reason::kInvalidFormat);
    return nullptr;
  }
  const bool numbered = decoded->format != kRaw;
  const facility::Credential* found = FindByCard(facility, *std::move(decoded));
  if (found == nullptr && numbered && std::find(formats.begin(), formats.end(), kRaw) != formats.end()) {
    static const auto& raw_only = *new Formats{std::string(kRaw)};
    auto raw = reader::Decode(card.bits, card.bit_count, raw_only);
    if (raw.ok()) found = FindByCard(facility, *std::move(raw));
  }
  if (found == nullptr) reasons.Add(reason::kUnknownCredential);
  return found;
}

const facility::Credential* FindCredential(const facility::State& facility, const Place& place,
                                           const std::variant<CardBits, CredentialId>& presented, Reasons& reasons) {
  if (const auto* card = std::get_if<CardBits>(&presented)) return FindByBits(facility, place, *card, reasons);
  const facility::Credential* found = facility.credentials.Find(std::get<CredentialId>(presented));
  if (found == nullptr) reasons.Add(reason::kUnknownCredential);
  return found;
}

std::string DigestOf(const std::variant<CardBits, CredentialId>& presented, const Secret& digest_key) {
  const auto* card = std::get_if<CardBits>(&presented);
  return CardDigest(digest_key, card != nullptr ? absl::StrCat(card->bit_count, ":", card->bits)
                                                : std::get<CredentialId>(presented).value());
}

void CheckState(const facility::Credential& credential, absl::Time now, Reasons& reasons) {
  switch (credential.status) {
    case facility::CredentialStatus::kActive:
      break;
    case facility::CredentialStatus::kStolen:
      reasons.Add(reason::kCredentialStolen);
      break;
    case facility::CredentialStatus::kLost:
      reasons.Add(reason::kCredentialLost);
      break;
    case facility::CredentialStatus::kDisabled:
      reasons.Add(reason::kCredentialNotEnabled);
      break;
  }
  if (now < credential.valid_from) reasons.Add(reason::kCredentialNotActive);
  if (now >= credential.valid_until) reasons.Add(reason::kCredentialExpired);
}

}  // namespace

bool IsActive(const facility::Person& person, absl::Time now) {
  return person.status == facility::PersonStatus::kActive && person.valid_from <= now && now < person.valid_until;
}

PersonId HolderOf(const facility::State& facility, const facility::AccessPoint& access_point,
                  const std::variant<CardBits, CredentialId>& presented) {
  Reasons reasons;
  const facility::Credential* found = FindCredential(facility, PlaceOf(facility, access_point), presented, reasons);
  return found == nullptr ? PersonId() : found->person;
}

Subject Identify(const facility::State& facility, const Place& place,
                 const std::variant<CardBits, CredentialId>& presented, absl::Time now, const Secret& digest_key,
                 Reasons& reasons) {
  Subject subject;
  subject.credential = FindCredential(facility, place, presented, reasons);
  if (subject.credential == nullptr) {
    subject.card_digest = DigestOf(presented, digest_key);
    return subject;
  }
  CheckState(*subject.credential, now, reasons);
  subject.person = facility.people.Find(subject.credential->person);
  if (subject.person == nullptr || !IsActive(*subject.person, now)) reasons.Add(reason::kPersonInactive);
  return subject;
}

}  // namespace sallyport::access
