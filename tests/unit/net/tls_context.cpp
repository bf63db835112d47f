// What a TLS context makes of its files: good ones, missing ones, ones that do not fit together.
#include <openssl/evp.h>

#include "net/tls.hpp"
#include "tests/unit/net/certificates.hpp"

using namespace skein::net;

namespace {

std::string refusal(tls_role role, const tls_files& files) {
  const auto loaded = tls_context::load(role, files);
  return loaded ? "loaded" : loaded.error();
}

std::string digest_of(const certificate& made, const EVP_MD* by) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes = {};
  unsigned size = 0;
  X509_digest(made.native(), by, bytes.data(), &size);
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

}  // namespace

TEST_CASE("what is wrong with a file is said in a sentence that names it") {
  certificate_folder made;
  const auto& folder = made.folder;
  write_file(folder.file("empty"), "");
  write_file(folder.file("garbage"), "-----BEGIN CERTIFICATE-----\nnonsense\n");
  write_file(folder.file("locked.key"), made.server.key_text("secret"));
  const auto quoted = [&](const std::string& name) { return " \"" + folder.file(name) + "\": "; };
  using enum tls_role;
  const tls_files good{.certificate = made.server_file, .key = made.server_key};
  CHECK(refusal(server, good) == "loaded");
  CHECK(refusal(client, {}) == "loaded");
  CHECK(refusal(server, {}) == "TLS for clients wants a certificate and its key");

  CHECK(refusal(server, {.certificate = folder.file("none"), .key = made.server_key}) ==
        "TLS certificate" + quoted("none") + "there is no such file");
  CHECK(refusal(server, {.certificate = folder.path, .key = made.server_key}) ==
        "TLS certificate \"" + folder.path + "\": this is a folder, a PEM file is wanted");
  CHECK(refusal(server, {.certificate = folder.file("empty"), .key = made.server_key}) ==
        "TLS certificate" + quoted("empty") + "there is no certificate in PEM form in it");
  CHECK(refusal(server, {.certificate = folder.file("garbage"), .key = made.server_key})
            .starts_with("TLS certificate" + quoted("garbage")));
  CHECK(refusal(server, {.certificate = made.server_file}) ==
        "TLS certificate" + quoted("server.crt") + "it has no key beside it; name the key");
  CHECK(refusal(server, {.certificate = made.server_file, .key = folder.file("empty")}) ==
        "TLS key" + quoted("empty") + "there is no private key in PEM form in it");
  CHECK(refusal(server, {.certificate = made.server_file, .key = made.client_key}) ==
        "TLS key" + quoted("client.key") + "it does not belong to the certificate in \"" +
            made.server_file + "\"");
  CHECK(refusal(server, {.certificate = made.server_file, .key = folder.file("locked.key")}) ==
        "TLS key" + quoted("locked.key") + "it is encrypted; give one without a password");

  CHECK(refusal(client, {.ca = folder.file("none")}) ==
        "TLS authority (CA)" + quoted("none") + "there is no such file");
  CHECK(refusal(client, {.ca = folder.file("empty")}) ==
        "TLS authority (CA)" + quoted("empty") + "there is no certificate in PEM form in it");
  CHECK(refusal(client, {.verify_host = true}) ==
        "to verify the host's name, name the authority (CA) that signs its certificate");
  CHECK(refusal(client, {.key = made.client_key}) ==
        "TLS key" + quoted("client.key") + "it has no certificate beside it; name the certificate");
  // A failure leaves nothing behind that the next could stumble over.
  CHECK(refusal(server, good) == "loaded");
}

TEST_CASE("tls-server-end-point takes the signature's hash, and SHA-256 for weak ones") {
  const certificate weak({.digest = EVP_sha1()});
  const certificate usual({.digest = EVP_sha256()});
  const certificate strong({.digest = EVP_sha512()});
  CHECK(endpoint_hash_of(weak.native()) == digest_of(weak, EVP_sha256()));
  CHECK(endpoint_hash_of(usual.native()) == digest_of(usual, EVP_sha256()));
  CHECK(endpoint_hash_of(strong.native()) == digest_of(strong, EVP_sha512()));

  certificate_folder made;
  const auto loaded = tls_context::load(tls_role::server,
                                        {.certificate = made.server_file, .key = made.server_key});
  REQUIRE(loaded);
  CHECK(loaded->endpoint_hash() == digest_of(made.server, EVP_sha256()));
  CHECK(tls_context::load(tls_role::client, {})->endpoint_hash().empty());
}
