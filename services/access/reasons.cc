#include "access/reasons.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"

namespace sallyport::access {
namespace {

struct Text {
  absl::string_view code;
  absl::string_view english;
  absl::string_view korean;
  absl::string_view remedy;
};

// Sorted by code.
constexpr std::array kTexts = {
    Text{"ANTIPASSBACK_VIOLATION", "You are recorded as being inside", "이미 입실한 것으로 기록되어 있습니다",
         "Leave through a reader first, or have the recorded place corrected."},
    Text{"BRIEFING_EXPIRED", "Briefing needed", "교육 이수가 필요합니다", ""},
    Text{"CLEARANCE_INSUFFICIENT", "Clearance too low", "보안 등급이 부족합니다", ""},
    Text{"CREDENTIAL_EXPIRED", "Badge expired", "출입증이 만료되었습니다", "Issue a new credential."},
    Text{"CREDENTIAL_LOST", "Badge reported lost", "분실 신고된 출입증입니다",
         "Issue a new credential; collect this one."},
    Text{"CREDENTIAL_NOT_ACTIVE", "Badge not valid yet", "출입증이 아직 유효하지 않습니다",
         "Wait until the credential becomes valid."},
    Text{"CREDENTIAL_NOT_ENABLED", "Badge disabled", "사용이 중지된 출입증입니다", "Issue a new credential."},
    Text{"CREDENTIAL_STOLEN", "Badge reported stolen", "도난 신고된 출입증입니다",
         "Call the security office; collect this credential."},
    Text{"DEVICE_NOT_QUARANTINED", "Hand in your devices at reception", "안내 데스크에 기기를 보관해 주십시오", ""},
    Text{"DOOR_LOCKED_DOWN", "Door locked down", "출입이 통제된 문입니다", "Set the door's mode back to normal."},
    Text{"ESCORT_REQUIRED", "Your escort badges first", "동행자가 먼저 출입증을 대야 합니다", ""},
    Text{"GRANTED", "Welcome", "들어오십시오", ""},
    Text{"GRANTED_DURESS", "Welcome", "들어오십시오", ""},
    Text{"GRANTED_FIRST_OF_TWO", "Second person, please", "두 번째 분의 출입증을 대 주십시오",
         "A second member of the staff badges here within the window."},
    Text{"INTERLOCK_ENGAGED", "Other door is open", "다른 문이 열려 있습니다", "Close the other door first."},
    Text{"INVALID_FORMAT", "Card not readable", "인식할 수 없는 카드입니다",
         "Present the card again; if it stays, the reader's card formats do not fit the card."},
    Text{"INVALID_PIN", "Wrong PIN", "비밀번호가 틀렸습니다", "Type the PIN again, or set a new one."},
    Text{"NDA_MISSING", "Agreement to be signed at reception", "안내 데스크에서 서약서에 서명해 주십시오", ""},
    Text{"NOT_ON_PROJECT", "Project members only", "프로젝트 참여자만 출입할 수 있습니다", ""},
    Text{"NOT_PERMITTED_AT_THIS_TIME", "Not at this time", "지금은 출입할 수 없는 시간입니다",
         "Come back within the access level's hours, or grant a level without a schedule."},
    Text{"NO_ACCESS_LEVEL", "No access here", "출입 권한이 없습니다", "Grant an access level that opens this door."},
    Text{"OCCUPANCY_FULL", "Area full", "정원이 찼습니다", "Wait until somebody has left."},
    Text{"OCCUPANCY_MINIMUM", "Somebody stays alone", "한 명만 남게 됩니다", "Leave together."},
    Text{"PERSON_INACTIVE", "Not active", "출입이 정지되었습니다", "Activate the person, or extend their dates."},
    Text{"PIN_LOCKED_OUT", "PIN locked, wait", "비밀번호가 잠겼습니다. 잠시 후 다시 시도하십시오",
         "Wait until the PIN is unlocked by itself."},
    Text{"PIN_REQUIRED", "PIN, please", "비밀번호를 입력해 주십시오", "Present the badge together with the PIN."},
    Text{"POLICY_ERROR", "Call security", "보안실에 문의해 주십시오", "A policy failed: correct the policy set."},
    Text{"QUARANTINE_INCIDENT", "Wait at reception", "안내 데스크에서 기다려 주십시오", ""},
    Text{"QUARANTINE_INCOMPLETE", "Finish checking in at reception", "안내 데스크에서 수속을 마쳐 주십시오", ""},
    Text{"READ_TOO_OLD", "Present your badge again", "출입증을 다시 대 주십시오",
         "Present the badge again; if it stays, set the reader's clock."},
    Text{"SECOND_PERSON_NOT_ELIGIBLE", "Two members of the staff", "직원 두 명이 필요합니다", ""},
    Text{"SECOND_PERSON_REQUIRED", "Second person, please", "두 번째 분의 출입증을 대 주십시오",
         "Badge one after the other within the window."},
    Text{"SYSTEM_ERROR", "Call security", "보안실에 문의해 주십시오",
         "Correct the facility file: this door leads nowhere."},
    Text{"THREAT_LEVEL", "Site locked down", "출입이 전면 통제되었습니다", ""},
    Text{"UNKNOWN_CREDENTIAL", "Unknown badge", "등록되지 않은 출입증입니다",
         "Issue the credential to a person first."},
    Text{"VISIT_NOT_ACTIVE", "No visit now", "지금은 방문 시간이 아닙니다", ""},
    Text{"VISUAL_SECURITY_OPEN", "Lower the blinds first", "블라인드를 먼저 내려 주십시오", ""},
};

const Text* FindText(absl::string_view code) {
  const auto* found = std::lower_bound(kTexts.begin(), kTexts.end(), code,
                                       [](const Text& text, absl::string_view c) { return text.code < c; });
  return found != kTexts.end() && found->code == code ? found : nullptr;
}

}  // namespace

void Reasons::Add(absl::string_view code) {
  if (std::find(codes_.begin(), codes_.end(), code) == codes_.end()) codes_.push_back(code);
}

absl::string_view MessageFor(absl::string_view code, absl::string_view language) {
  const Text* text = FindText(code);
  if (text == nullptr) return "";
  return language == "ko" || absl::StartsWith(language, "ko-") ? text->korean : text->english;
}

absl::string_view RemedyFor(absl::string_view code) {
  const Text* text = FindText(code);
  return text == nullptr ? absl::string_view() : text->remedy;
}

}  // namespace sallyport::access
