#ifndef CEDAR_COMPILED_H_
#define CEDAR_COMPILED_H_

#include <memory>
#include <vector>

#include "cedar/policy.h"

namespace cedar::internal {

// A body ready for evaluation: constants are computed (`ip("…")`, constant sets and records). A constant that fails is
// left as it was written, so that it fails at run time, where the language says so.
struct CompiledBody {
  ExprTree exprs;
  std::vector<Condition> conditions;
};

std::shared_ptr<const CompiledBody> Compile(const PolicyBody& body);

}  // namespace cedar::internal

#endif  // CEDAR_COMPILED_H_
