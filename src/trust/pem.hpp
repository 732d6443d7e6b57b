#pragma once
// Ed25519 keys as PEM: private ones as PKCS #8, public ones as SubjectPublicKeyInfo, so that
// `openssl pkey` reads and makes them. Threads: pure functions.
// Specified by: docs/formats/policy.md, "Key files". Source: RFC 8410.

#include <string>

#include "image/ed25519_host.hpp"

namespace samara::trust {

inline constexpr size_t k_key_file_bytes_max = 64 * 1024;

/// Errors: invalid_argument (OpenSSL refuses, for example without Ed25519 in its FIPS mode).
Result<std::string> private_pem(const image::PrivateKey& key);
Result<std::string> public_pem(const image::PublicKey& key);

/// Errors: corrupt (no private key, or one behind a passphrase), unsupported (not Ed25519).
Result<image::PrivateKey> parse_private_key(std::string_view text);
/// Of a public key as PEM or as 64 hex digits, or of a private one as PEM.
/// Errors: corrupt, unsupported (not Ed25519).
Result<image::PublicKey> parse_public_key(std::string_view text);

}  // namespace samara::trust
