#pragma once
// The keys of the person at the keyboard: private keys as PEM in
// $XDG_CONFIG_HOME/samara/keys/NAME.pem, mode 0600, the public ones beside them as NAME.pub.
// Threads: one. Specified by: docs/formats/policy.md, "Key files".

#include <string>
#include <string_view>
#include <vector>

#include "apps/samara/context.hpp"
#include "image/ed25519_host.hpp"

namespace samara::cli {

struct UserKey {
  std::string name;
  std::string file;  // the private one
  image::PublicKey key{};
};

/// Errors: not_found (neither XDG_CONFIG_HOME nor HOME is set).
Result<std::string> user_key_folder();
/// Sorted by name; what cannot be read is left out with a warning.
Result<std::vector<UserKey>> user_keys(Context& context);
/// Errors: invalid_argument (the name), exists.
Result<UserKey> make_user_key(Context& context, std::string_view name);

struct SigningKey {
  std::string name;  // as it was given
  image::PrivateKey key{};
};

/// A name of user_keys or a file with a private key. Empty: the only key there is.
/// Errors: not_found, ambiguous (several keys), permission (others may read it), corrupt.
Result<SigningKey> signing_key(Context& context, std::string_view text);

struct NamedPublicKey {
  std::string name;  // empty where only digits were given
  image::PublicKey key{};
};

/// A file with a key, 64 hex digits, or a name of user_keys. Errors: not_found, corrupt.
Result<NamedPublicKey> public_key_named(Context& context, std::string_view text);

}  // namespace samara::cli
