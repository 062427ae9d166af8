#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

// For tests: a SQLite file layer over the system's that fails on demand, and that knows what a power cut would leave of
// each file: what was synced, and of the rest any part, sector by sector. One thread.
namespace sallyport::storage {

class FaultVfs {
 public:
  enum class Fault {
    kWriteError,  // a write fails and writes nothing
    kShortWrite,  // a write fails after its first half
    kFull,        // from then on, every write that makes a file longer fails
    kSyncError,   // a sync fails, and what it should have synced never gets to disk, though reads show it
    kStop,        // from then on, everything fails, as if the process had been killed
  };

  explicit FaultVfs(std::string name) : name_(std::move(name)), system_(sqlite3_vfs_find(nullptr)) {
    vfs_ = *system_;
    vfs_.pNext = nullptr;
    vfs_.zName = name_.c_str();
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + system_->szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = Open;
    vfs_.xDelete = Delete;
    SP_CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
  }
  ~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  const std::string& name() const { return name_; }

  // The `count`th operation from now that `fault` can strike is struck, counting from 1.
  void Arm(Fault fault, int count) {
    armed_ = true;
    fired_ = stopped_ = full_ = false;
    fault_ = fault;
    count_ = count;
  }
  bool fired() const { return fired_; }
  // From now on everything fails, but for closing.
  void Stop() { stopped_ = true; }
  // All is well again; what was not synced still is not.
  void Disarm() { armed_ = stopped_ = full_ = false; }

  // Leaves the files on disk as a power cut would. No file may be open.
  void CutPower(std::mt19937& random) {
    for (auto& [path, image] : images_) {
      std::string content = image.synced;
      for (const Change& change : image.unsynced) Survive(change, random, &content);
      std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
      if (path.size() > 4 && path.substr(path.size() - 4) == "-wal") std::remove((path.substr(0, path.size() - 4) + "-shm").c_str());
    }
    images_.clear();
    Disarm();
  }

 private:
  static constexpr size_t kSectorBytes = 512;

  struct Change {
    size_t offset;  // of the write; the new size of a truncation
    std::string bytes;
    bool truncation;
  };
  struct Image {
    std::string synced;
    std::vector<Change> unsynced;
  };
  struct File {
    sqlite3_file base;
    FaultVfs* owner;
    Image* image;  // null for files that are not followed
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static_assert(sizeof(File) % alignof(std::max_align_t) == 0 || alignof(File) == 8);

  enum class Operation { kWrite, kGrowingWrite, kSync, kOther };

  static File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

  static void Apply(const Change& change, std::string* content) {
    if (change.truncation) {
      content->resize(change.offset);
      return;
    }
    if (content->size() < change.offset + change.bytes.size()) content->resize(change.offset + change.bytes.size());
    content->replace(change.offset, change.bytes.size(), change.bytes);
  }
  static void Survive(const Change& change, std::mt19937& random, std::string* content) {
    if (change.truncation) {
      if (random() % 2 == 0) Apply(change, content);
      return;
    }
    const bool torn = random() % 2 == 0;
    const bool whole = random() % 2 == 0;
    for (size_t at = 0; at < change.bytes.size(); at += kSectorBytes) {
      if (torn ? random() % 2 == 0 : whole) {
        Apply({change.offset + at, change.bytes.substr(at, kSectorBytes), false}, content);
      }
    }
  }

  // Whether the armed fault strikes this operation.
  bool Strikes(Operation operation) {
    if (!armed_ || fired_) return false;
    const bool can = fault_ == Fault::kStop ||
                     (fault_ == Fault::kSyncError ? operation == Operation::kSync
                      : fault_ == Fault::kFull    ? operation == Operation::kGrowingWrite
                                                  : operation == Operation::kWrite || operation == Operation::kGrowingWrite);
    if (!can || --count_ > 0) return false;
    fired_ = true;
    if (fault_ == Fault::kStop) stopped_ = true;
    if (fault_ == Fault::kFull) full_ = true;
    return true;
  }

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    auto* owner = static_cast<FaultVfs*>(vfs->pAppData);
    auto* opened = new (file) File{};
    opened->owner = owner;
    if (owner->stopped_) return SQLITE_CANTOPEN;
    const int result = owner->system_->xOpen(owner->system_, path, opened->real(), flags, flags_out);
    if (opened->real()->pMethods == nullptr) return result;
    opened->base.pMethods = Methods();
    if (path != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
      const auto [image, fresh] = owner->images_.try_emplace(path);
      if (fresh) {
        std::ifstream in(path, std::ios::binary);
        image->second.synced.assign(std::istreambuf_iterator<char>(in), {});
      }
      opened->image = &image->second;
    }
    return result;
  }
  static int Delete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    auto* owner = static_cast<FaultVfs*>(vfs->pAppData);
    if (owner->stopped_ || owner->Strikes(Operation::kOther)) return SQLITE_IOERR_DELETE;
    owner->images_.erase(path);
    return owner->system_->xDelete(owner->system_, path, sync_folder);
  }

  static int Close(sqlite3_file* file) { return Of(file)->real()->pMethods->xClose(Of(file)->real()); }
  static int Read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
    if (Of(file)->owner->stopped_) return SQLITE_IOERR_READ;
    return Of(file)->real()->pMethods->xRead(Of(file)->real(), to, count, offset);
  }
  static int Write(sqlite3_file* base, const void* from, int count, sqlite3_int64 offset) {
    File* file = Of(base);
    FaultVfs* owner = file->owner;
    if (owner->stopped_) return SQLITE_IOERR_WRITE;
    sqlite3_int64 size = 0;
    file->real()->pMethods->xFileSize(file->real(), &size);
    const bool grows = offset + count > size;
    const bool struck = owner->Strikes(grows ? Operation::kGrowingWrite : Operation::kWrite);
    if (owner->full_ && grows) return SQLITE_FULL;
    if (struck) {
      if (owner->fault_ == Fault::kShortWrite) Pass(file, from, count / 2, offset);
      return SQLITE_IOERR_WRITE;
    }
    return Pass(file, from, count, offset);
  }
  static int Pass(File* file, const void* from, int count, sqlite3_int64 offset) {
    const int result = file->real()->pMethods->xWrite(file->real(), from, count, offset);
    if (result == SQLITE_OK && file->image != nullptr) {
      file->image->unsynced.push_back({static_cast<size_t>(offset),
                                       std::string(static_cast<const char*>(from), static_cast<size_t>(count)), false});
    }
    return result;
  }
  static int Truncate(sqlite3_file* base, sqlite3_int64 size) {
    File* file = Of(base);
    if (file->owner->stopped_ || file->owner->Strikes(Operation::kOther)) return SQLITE_IOERR_TRUNCATE;
    const int result = file->real()->pMethods->xTruncate(file->real(), size);
    if (result == SQLITE_OK && file->image != nullptr) {
      file->image->unsynced.push_back({static_cast<size_t>(size), "", true});
    }
    return result;
  }
  static int Sync(sqlite3_file* base, int flags) {
    File* file = Of(base);
    if (file->owner->stopped_) return SQLITE_IOERR_FSYNC;
    if (file->owner->Strikes(Operation::kSync)) {
      if (file->image != nullptr && file->owner->fault_ == Fault::kSyncError) file->image->unsynced.clear();
      return SQLITE_IOERR_FSYNC;
    }
    if (file->image != nullptr) {
      for (const Change& change : file->image->unsynced) Apply(change, &file->image->synced);
      file->image->unsynced.clear();
    }
    (void)flags;  // the real one would only cost time: nothing here cuts real power
    return SQLITE_OK;
  }

  template <auto kMethod, class... Arguments>
  static auto Forward(sqlite3_file* file, Arguments... arguments) {
    return (Of(file)->real()->pMethods->*kMethod)(Of(file)->real(), arguments...);
  }
  static const sqlite3_io_methods* Methods() {
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = Close,
        .xRead = Read,
        .xWrite = Write,
        .xTruncate = Truncate,
        .xSync = Sync,
        .xFileSize = Forward<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
        .xLock = Forward<&sqlite3_io_methods::xLock, int>,
        .xUnlock = Forward<&sqlite3_io_methods::xUnlock, int>,
        .xCheckReservedLock = Forward<&sqlite3_io_methods::xCheckReservedLock, int*>,
        .xFileControl = Forward<&sqlite3_io_methods::xFileControl, int, void*>,
        .xSectorSize = Forward<&sqlite3_io_methods::xSectorSize>,
        .xDeviceCharacteristics = Forward<&sqlite3_io_methods::xDeviceCharacteristics>,
        .xShmMap = Forward<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>,
        .xShmLock = Forward<&sqlite3_io_methods::xShmLock, int, int, int>,
        .xShmBarrier = Forward<&sqlite3_io_methods::xShmBarrier>,
        .xShmUnmap = Forward<&sqlite3_io_methods::xShmUnmap, int>,
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
    return &methods;
  }

  std::string name_;
  sqlite3_vfs* system_;
  sqlite3_vfs vfs_;
  std::map<std::string, Image> images_;  // by path; nodes stay where they are
  bool armed_ = false;
  bool fired_ = false;
  bool stopped_ = false;
  bool full_ = false;
  Fault fault_ = Fault::kStop;
  int count_ = 0;
};

}  // namespace sallyport::storage
