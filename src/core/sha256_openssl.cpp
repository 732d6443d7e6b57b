// The host's SHA-256: OpenSSL, which uses the processor's SHA instructions.
//
// The older interface is used on purpose: EVP loads the configuration and the providers of OpenSSL
// at the first digest of a process (1.3 ms, as long as all else that a short command does) and
// takes 570 ns more for each small object. Both run the same code on the bytes.
#include "core/sha256.hpp"

#ifdef SAMARA_HOST
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

namespace samara {

namespace {
SHA256_CTX* state(void* context) { return static_cast<SHA256_CTX*>(context); }
}  // namespace

Sha256::Sha256() : context_(new SHA256_CTX) { SAMARA_ASSERT(SHA256_Init(state(context_)) == 1); }

Sha256::~Sha256() { delete state(context_); }

void Sha256::update(ByteView bytes) { SHA256_Update(state(context_), bytes.data(), bytes.size()); }

Hash Sha256::finish() {
  Hash out;
  SAMARA_ASSERT(SHA256_Final(out.bytes.data(), state(context_)) == 1);
  SAMARA_ASSERT(SHA256_Init(state(context_)) == 1);
  return out;
}

}  // namespace samara
#endif
