#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "storage/store.h"

// What every form of Store must pass. A form instantiates the suite in a test file of its own:
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(StoreForm{…}));
namespace sallyport::storage {

// A place for one store, empty at first, removed with the object.
class StoreHome {
 public:
  virtual ~StoreHome() = default;
  // Opens what is there. The store that was opened before has been destroyed.
  virtual absl::StatusOr<std::unique_ptr<Store>> Open() = 0;
};

struct StoreForm {
  std::string name;
  std::function<std::unique_ptr<StoreHome>()> make_home;
  friend std::ostream& operator<<(std::ostream& out, const StoreForm& form) { return out << form.name; }
};

class StoreContract : public testing::TestWithParam<StoreForm> {
 protected:
  void SetUp() override;
  void Reopen();

  std::unique_ptr<StoreHome> home_;
  std::unique_ptr<Store> store_;
};

// A batch whose whole content follows from its number, so that any store can be checked against the number of its
// batches. Batches 0 to n-1 are committed in order; each has 1 to 7 entries, rows that change, come and go, an answer an
// entry, and now and then a node.
Batch NumberedBatch(uint64_t number);
uint64_t EntriesBefore(uint64_t number);  // in all batches before it

// How many batches `store` holds. Fails the test unless it holds exactly the content of that many, whole.
uint64_t CheckNumberedBatches(Store& store);

}  // namespace sallyport::storage
