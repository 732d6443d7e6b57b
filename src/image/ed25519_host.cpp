#include "image/ed25519_host.hpp"

#include <openssl/evp.h>

#include <memory>

namespace samara::image {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Key private_key(const PrivateKey& key) {
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
}

Error refused() { return Error(Code::invalid_argument, "OpenSSL refuses the Ed25519 key"); }

}  // namespace

Result<PublicKey> public_key(const PrivateKey& key) {
  const Key handle = private_key(key);
  PublicKey out{};
  size_t size = out.size();
  if (handle == nullptr || EVP_PKEY_get_raw_public_key(handle.get(), out.data(), &size) != 1 ||
      size != out.size()) {
    return refused();
  }
  return out;
}

Result<SignatureBytes> sign_ed25519(const PrivateKey& key, ByteView message) {
  const Key handle = private_key(key);
  const Context context(EVP_MD_CTX_new());
  SignatureBytes out{};
  size_t size = out.size();
  if (handle == nullptr || context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle.get()) != 1 ||
      EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) != 1 ||
      size != out.size()) {
    return refused();
  }
  return out;
}

bool verify_ed25519(const PublicKey& key, ByteView message, ByteView signature) {
  const Key handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const Context context(EVP_MD_CTX_new());
  return handle != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace samara::image
