#pragma once

#include <cstddef>

// Limits of this room that nobody needs to change; those of queue and batch stand in Options.
namespace sallyport::engine {

inline constexpr size_t kProposalsMax = 32;          // policy sets that were never active; the oldest goes first
inline constexpr size_t kActivatedSetsMax = 10'000;  // kept for ever, since records name them: one a day for 27 years

}  // namespace sallyport::engine
