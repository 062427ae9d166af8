#pragma once

// What the program tells the shell. Scripts rely on these.
namespace sallyport::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;              // refused, or something went wrong
inline constexpr int kWrongUsage = 2;          // the command line itself
inline constexpr int kUnreachable = 3;         // no answer from a server
inline constexpr int kVerificationFailed = 4;  // a log, receipt or signature that does not verify

}  // namespace sallyport::cli
