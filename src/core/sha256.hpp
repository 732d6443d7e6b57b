#pragma once
// SHA-256 (FIPS 180-4). On the host the block function is OpenSSL's (hardware instructions); on a
// device it is the portable one. Threads: one hasher belongs to one thread.

#include "core/hash.hpp"

namespace samara {

/// Portable, freestanding implementation; compiled everywhere and tested against the host's.
class Sha256Portable {
 public:
  void update(ByteView bytes);
  Hash finish();

 private:
  void block(const uint8_t* data);
  uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint64_t length_ = 0;
  uint8_t buffer_[64] = {};
};

#ifdef SAMARA_HOST
/// Streaming hasher over OpenSSL's EVP interface.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(ByteView bytes);
  /// The digest of all bytes so far; the hasher starts anew.
  Hash finish();

 private:
  void* context_;
};
#else
using Sha256 = Sha256Portable;
#endif

/// Digest of one buffer.
Hash sha256(ByteView bytes);

}  // namespace samara
