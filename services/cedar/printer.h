#ifndef CEDAR_PRINTER_H_
#define CEDAR_PRINTER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/policy.h"

// Policies as Cedar text. Parsing what is printed gives the same policy back.
namespace cedar {

// On one line, with no more parentheses than it needs.
std::string ExprToText(const ExprTree& tree, ExprId id);

// One policy or template in canonical form, broken into lines where it is long. Comments are not part of a policy.
std::string PolicyToText(const PolicyBody& body);

// Every template and then every policy, in order of addition. Ids are not part of the text, and links, which have no
// text of their own, are left out.
std::string PolicySetToText(const PolicySet& policies);

// A text in canonical form, with its comments. Formatting twice changes nothing more. Fails where the text does not
// parse.
absl::StatusOr<std::string> FormatPolicies(absl::string_view text, const ParseOptions& options = {});

}  // namespace cedar

#endif  // CEDAR_PRINTER_H_
