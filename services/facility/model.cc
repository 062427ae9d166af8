#include "facility/model.h"

#include "absl/strings/str_cat.h"

namespace sallyport::facility {

std::string CardNumber::Key() const {
  if (format == "raw") return absl::StrCat("raw:", raw);
  return absl::StrCat(format, ":", facility_code, ":", number);
}

}  // namespace sallyport::facility
