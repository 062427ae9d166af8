// Checkpoints and receipts: each has one spelling, and only the one that was signed verifies.
#include <cstddef>
#include <cstdint>
#include <string>

#include "audit/checkpoint.h"
#include "audit/tlog_proof.h"
#include "audit_world.h"
#include "check.h"

using namespace sallyport::audit;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto checkpoint = ParseCheckpoint(text);
  if (checkpoint.ok()) {
    const auto again = FormatCheckpoint(*checkpoint);
    Check(again.ok() && *again == text, "a checkpoint has two spellings", text);
  }
  (void)ReadCheckpointUnverified(text);
  const auto opened = OpenCheckpoint(text, fuzz::Keys());
  Check(!opened.ok() || fuzz::IsSigned(opened->note.text), "a checkpoint that nobody signed verifies", text);

  const auto receipt = ParseReceipt(text);
  if (!receipt.ok()) return 0;
  const auto again = FormatReceipt(*receipt);
  Check(again.ok() && *again == text, "a receipt has two spellings", text);
  for (uint64_t index = 0; index < fuzz::Log().size(); ++index) {
    const auto verified = VerifyReceiptForRecord(text, fuzz::Log().records()[index].leaf, fuzz::Keys());
    Check(!verified.ok() || (fuzz::IsSigned(verified->note.text) && receipt->index == index),
          "a false receipt verifies", text);
  }
  Check(!VerifyReceiptForRecord(text, "forged", fuzz::Keys()).ok(), "a receipt for a forged record verifies", text);
  return 0;
}
