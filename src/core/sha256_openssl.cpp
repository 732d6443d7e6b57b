// The host's SHA-256: OpenSSL, which uses the processor's SHA instructions.
#include "core/sha256.hpp"

#ifdef SAMARA_HOST
#include <openssl/evp.h>

namespace samara {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  SAMARA_ASSERT(context_ != nullptr);
  SAMARA_ASSERT(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256::update(ByteView bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size());
}

Hash Sha256::finish() {
  Hash out;
  auto* context = static_cast<EVP_MD_CTX*>(context_);
  SAMARA_ASSERT(EVP_DigestFinal_ex(context, out.bytes.data(), nullptr) == 1);
  SAMARA_ASSERT(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1);
  return out;
}

}  // namespace samara
#endif
