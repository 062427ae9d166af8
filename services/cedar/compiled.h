#ifndef CEDAR_COMPILED_H_
#define CEDAR_COMPILED_H_

#include <memory>

#include "cedar/policy.h"

namespace cedar::internal {

// The body's expressions ready for evaluation, under the same ids: constants are computed (`ip("…")`, constant sets and
// records). A constant that fails is left as it was written, so that it fails at run time, where the language says so.
// Shares the body's own tree when there is nothing to compute.
std::shared_ptr<const ExprTree> Compile(const std::shared_ptr<const PolicyBody>& body);

}  // namespace cedar::internal

#endif  // CEDAR_COMPILED_H_
