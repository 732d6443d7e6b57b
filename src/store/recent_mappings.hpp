#pragma once
// RecentMappings: the large objects that were mapped last stay mapped, because filling the table of
// pages takes longer than reading them once. Threads: any.

#include <list>
#include <memory>
#include <mutex>

#include "core/hash.hpp"
#include "port/files.hpp"

namespace samara::store {

class RecentMappings {
 public:
  /// Smaller ones are mapped as fast as they are looked up.
  static constexpr uint64_t k_bytes_min = uint64_t{1} << 20;
  /// What stays mapped though nobody uses it: it keeps its room in the file system even when the
  /// object has been removed.
  static constexpr uint64_t k_bytes_max = uint64_t{512} << 20;

  /// Null: not mapped, or the file has changed. `info`: of the file that now has the name.
  std::shared_ptr<const port::Mapping> find(const Hash& hash, const port::FileInfo& info);
  void keep(const Hash& hash, const port::FileInfo& info,
            std::shared_ptr<const port::Mapping> mapping);

 private:
  struct Kept {
    Hash hash;
    port::FileInfo info;
    std::shared_ptr<const port::Mapping> mapping;
  };

  std::mutex mutex_;      // guards all below
  std::list<Kept> kept_;  // the last used first
  uint64_t bytes_ = 0;
};

}  // namespace samara::store
