#include "backends/mysql/scramble.hpp"

#include <doctest/doctest.h>

#include "backends/mysql/digest.hpp"
#include "backends/mysql/rsa.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

const std::string nonce = "abcdefghijklmnopqrst";

std::string hex(std::string_view bytes) {
  static constexpr std::string_view letters = "0123456789abcdef";
  std::string out;
  for (const char each : bytes) {
    out.push_back(letters[static_cast<unsigned char>(each) >> 4]);
    out.push_back(letters[static_cast<unsigned char>(each) & 0xf]);
  }
  return out;
}

}  // namespace

TEST_CASE("digests of known texts") {
  CHECK(hex(sha1("abc").view()) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(sha256("").view()) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a proof gives its key to who knows what is stored, and to nobody else") {
  for (const auto by : {auth_plugin::native, auth_plugin::caching_sha2}) {
    const auto key = key_of(by, "secret");
    const auto stored = digest_of_key(by, key.view());
    const auto proof = proof_of(by, key.view(), nonce);
    CHECK(proof.view().size() == proof_size(by));
    const auto found = key_in(by, proof.view(), stored.view(), nonce);
    REQUIRE(found);
    CHECK(found->view() == key.view());
    CHECK_FALSE(key_in(by, proof.view(), stored.view(), "another nonce"));
    CHECK_FALSE(key_in(by, proof.view(), digest_of_key(by, stored.view()).view(), nonce));
    CHECK_FALSE(key_in(by, proof.view().substr(1), stored.view(), nonce));
    CHECK_FALSE(key_in(by, {}, stored.view(), nonce));
  }
}

TEST_CASE("nonces have no zero and no dollar, and are fresh") {
  for (int round = 0; round < 200; ++round) {
    const auto made = random_nonce();
    CHECK(made.size() == nonce_bytes);
    CHECK(made.find('\0') == std::string::npos);
    CHECK(made.find('$') == std::string::npos);
    CHECK(made != random_nonce());
  }
}

TEST_CASE("methods by name") {
  CHECK(plugin_named("mysql_native_password") == auth_plugin::native);
  CHECK(plugin_named("caching_sha2_password") == auth_plugin::caching_sha2);
  CHECK(plugin_named("mysql_clear_password") == auth_plugin::clear);
  CHECK(plugin_named("client_ed25519") == auth_plugin::ed25519);
  CHECK(plugin_named("sha256_password") == auth_plugin::other);
  CHECK(plugin_named("") == auth_plugin::other);
}

TEST_CASE("a password under a mask") {
  const auto masked = masked_password("a long password, longer than the nonce", nonce);
  CHECK(masked.view().find("password") == std::string_view::npos);
  CHECK(unmasked_password(masked.view(), nonce)->view() ==
        "a long password, longer than the nonce");
  CHECK_FALSE(unmasked_password("no terminator", {}));
  CHECK_FALSE(unmasked_password(std::string_view("two\0\0", 5), {}));
  CHECK_FALSE(unmasked_password({}, nonce));
  CHECK(unmasked_password(terminator, {})->empty());
}

TEST_CASE("a password under a public key") {
  static rsa_key_pair ours;
  static rsa_key_pair others;
  const auto secret = rsa_encrypt(ours.public_pem(), "text");
  REQUIRE(secret);
  CHECK(secret->size() == 256);
  CHECK(ours.decrypt(*secret)->view() == "text");
  CHECK_FALSE(others.decrypt(*secret));
  CHECK_FALSE(ours.decrypt("text"));
  CHECK_FALSE(ours.decrypt({}));
  CHECK_FALSE(rsa_encrypt(ours.public_pem(), std::string(300, 'x')));
  CHECK_FALSE(rsa_encrypt("no key", "text"));
  CHECK_FALSE(rsa_encrypt("", "text"));
  // One that would have the terminal asked for a passphrase.
  auto locked = ours.public_pem();
  locked.insert(
      locked.find('\n') + 1,
      "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n");
  CHECK_FALSE(rsa_encrypt(locked, "text"));
}
