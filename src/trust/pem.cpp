#include "trust/pem.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

namespace samara::trust {

namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Bio = std::unique_ptr<BIO, FreeBio>;

Error refused() { return Error(Code::invalid_argument, "OpenSSL refuses the Ed25519 key"); }

Result<std::string> text_of(BIO* bio, int written) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  if (written != 1 || size <= 0) return refused();
  return std::string(data, static_cast<size_t>(size));
}

// OpenSSL would ask on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Bio reader(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<void> check_size(std::string_view text) {
  if (text.size() <= k_key_file_bytes_max) return {};
  return Error(Code::corrupt, "this is no key: it is larger than 64 KiB");
}

Result<void> check_kind(const Key& key) {
  if (EVP_PKEY_get_id(key.get()) == EVP_PKEY_ED25519) return {};
  return Error(Code::unsupported, "the key is not one of Ed25519");
}

template <typename Raw>
Result<Raw> raw_of(const Key& key, int (*get)(const EVP_PKEY*, unsigned char*, size_t*)) {
  SAMARA_CHECK(check_kind(key));
  Raw out{};
  size_t size = out.size();
  if (get(key.get(), out.data(), &size) != 1 || size != out.size()) return refused();
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view k_blanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(k_blanks), text.size()));
  return text.substr(0, text.find_last_not_of(k_blanks) + 1);
}

}  // namespace

Result<std::string> private_pem(const image::PrivateKey& key) {
  const Key handle(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (handle == nullptr || bio == nullptr) return refused();
  return text_of(bio.get(), PEM_write_bio_PKCS8PrivateKey(bio.get(), handle.get(), nullptr, nullptr,
                                                          0, nullptr, nullptr));
}

Result<std::string> public_pem(const image::PublicKey& key) {
  const Key handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const Bio bio(BIO_new(BIO_s_mem()));
  if (handle == nullptr || bio == nullptr) return refused();
  return text_of(bio.get(), PEM_write_bio_PUBKEY(bio.get(), handle.get()));
}

Result<image::PrivateKey> parse_private_key(std::string_view text) {
  SAMARA_CHECK(check_size(text));
  const Bio bio = reader(text);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    const bool locked = text.find("ENCRYPTED") != std::string_view::npos;
    return Error(Code::corrupt, locked ? "the private key is behind a passphrase, which is not "
                                         "supported; openssl pkey -in FILE takes it off"
                                       : "this is no private key in PEM");
  }
  return raw_of<image::PrivateKey>(key, EVP_PKEY_get_raw_private_key);
}

Result<image::PublicKey> parse_public_key(std::string_view text) {
  SAMARA_CHECK(check_size(text));
  if (text.find("PRIVATE KEY") != std::string_view::npos) {
    SAMARA_TRY(image::PrivateKey key, parse_private_key(text));
    return image::public_key(key);
  }
  if (auto bytes = from_hex(trimmed(text)); bytes && bytes->size() == sizeof(image::PublicKey)) {
    image::PublicKey out{};
    std::copy(bytes->begin(), bytes->end(), out.begin());
    return out;
  }
  const Bio bio = reader(text);
  const Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return Error(Code::corrupt, "this is no public key: neither PEM nor 64 hex digits");
  }
  return raw_of<image::PublicKey>(key, EVP_PKEY_get_raw_public_key);
}

}  // namespace samara::trust
