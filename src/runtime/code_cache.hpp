#pragma once
// CodeCache: machine code that was compiled here before, by what it was compiled from. What find
// gives was kept by this repository and by nobody else: it may be run. Threads: any.

#include <optional>

#include "core/bytes.hpp"
#include "core/hash.hpp"

namespace samara::runtime {

class CodeCache {
 public:
  virtual ~CodeCache() = default;
  /// Nothing: not there, damaged, or of somebody else; then it is compiled again.
  virtual std::optional<Bytes> find(const Hash& key) = 0;
  /// Errors: those of storing. The code may be used all the same.
  virtual Result<void> keep(const Hash& key, ByteView code) = 0;
};

}  // namespace samara::runtime
