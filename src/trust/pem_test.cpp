#include "trust/pem.hpp"

#include <gtest/gtest.h>

namespace samara::trust {
namespace {

// RFC 8410, section 10: the private key that has the public one below it.
constexpr std::string_view k_private =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view k_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view k_public_hex =
    "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

TEST(Pem, the_keys_of_the_standard_are_read_and_written) {
  auto secret = parse_private_key(k_private);
  ASSERT_TRUE(secret) << secret.error().message();
  EXPECT_EQ(*private_pem(*secret), k_private);
  auto shown = image::public_key(*secret);
  ASSERT_TRUE(shown);
  EXPECT_EQ(to_hex(*shown), k_public_hex);
  EXPECT_EQ(*public_pem(*shown), k_public);
}

TEST(Pem, a_public_key_is_read_in_each_form) {
  for (const std::string& text :
       {std::string(k_public), std::string(k_private), std::string(k_public_hex),
        "  " + std::string(k_public_hex) + "\n", "comment\n" + std::string(k_public)}) {
    auto key = parse_public_key(text);
    ASSERT_TRUE(key) << text << key.error().message();
    EXPECT_EQ(to_hex(*key), k_public_hex);
  }
}

TEST(Pem, what_is_no_key_is_refused) {
  std::string cut(k_private.substr(0, 60));
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string(63, '1'), cut,
        std::string(k_public.substr(0, 40)), std::string(k_key_file_bytes_max + 1, 'a')}) {
    EXPECT_FALSE(parse_public_key(text)) << text;
    EXPECT_FALSE(parse_private_key(text)) << text;
  }
  EXPECT_EQ(parse_private_key(k_public).error().code, Code::corrupt);
}

TEST(Pem, a_key_of_another_kind_is_named) {
  // X25519, RFC 8410 section 4: the same form with another number.
  constexpr std::string_view k_other =
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VuAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
      "-----END PUBLIC KEY-----\n";
  EXPECT_EQ(parse_public_key(k_other).error().code, Code::unsupported);
}

TEST(Pem, a_key_behind_a_passphrase_is_refused_without_asking) {
  // openssl genpkey -algorithm ed25519 -aes128 -pass pass:x
  constexpr std::string_view k_locked =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjD\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  auto key = parse_private_key(k_locked);
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().message().find("passphrase"), std::string_view::npos);
}

}  // namespace
}  // namespace samara::trust
