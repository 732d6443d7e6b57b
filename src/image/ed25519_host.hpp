#pragma once
// Ed25519 of OpenSSL, for hosts. A device brings its own function of the same shape.
// Threads: pure functions. Source: RFC 8032.

#include "image/trust.hpp"

namespace samara::image {

/// 32 random bytes: the private key of RFC 8032.
using PrivateKey = std::array<uint8_t, 32>;
using SignatureBytes = std::array<uint8_t, 64>;

/// Errors: invalid_argument (OpenSSL refuses, for example without Ed25519 in its FIPS mode).
Result<PublicKey> public_key(const PrivateKey& key);
Result<SignatureBytes> sign_ed25519(const PrivateKey& key, ByteView message);

/// For TrustPolicy::verify.
bool verify_ed25519(const PublicKey& key, ByteView message, ByteView signature);

}  // namespace samara::image
