// A test CA and certificates under it, made by the OpenSSL library: see certificates.hpp.
#include "tests/unit/net/certificates.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>

namespace skein::net {

namespace {

void extend(X509* made, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, made, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  REQUIRE(extension);
  X509_add_ext(made, extension, -1);
  X509_EXTENSION_free(extension);
}

std::string take(BIO* written) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(written, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(written);
  return text;
}

}  // namespace

certificate::certificate(const certificate_wish& wish, const certificate* by)
    : key_(EVP_EC_gen("P-256")), signed_(X509_new()) {
  static long serial = 100;
  X509_set_version(signed_, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(signed_), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(signed_), -7200);
  X509_gmtime_adj(X509_getm_notAfter(signed_), wish.expired ? -3600 : 3600);
  X509_set_pubkey(signed_, key_);
  X509_NAME* name = X509_get_subject_name(signed_);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
  X509* issuer = by ? by->signed_ : signed_;
  X509_set_issuer_name(signed_, X509_get_subject_name(issuer));
  if (wish.authority) extend(signed_, issuer, NID_basic_constraints, "critical,CA:TRUE");
  if (!wish.also.empty()) extend(signed_, issuer, NID_subject_alt_name, wish.also);
  REQUIRE(X509_sign(signed_, by ? by->key_ : key_, wish.digest) > 0);
}

certificate::~certificate() {
  EVP_PKEY_free(key_);
  X509_free(signed_);
}

std::string certificate::text() const {
  BIO* written = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(written, signed_);
  return take(written);
}

std::string certificate::key_text(const std::string& password) const {
  BIO* written = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(written, key_, password.empty() ? nullptr : EVP_aes_128_cbc(),
                                password.data(), static_cast<int>(password.size()), nullptr,
                                nullptr);
  return take(written);
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

certificate_folder::certificate_folder() {
  ca = save("ca", authority);
  server_file = save("server", server);
  server_key = folder.file("server.key");
  client_file = save("client", client);
  client_key = folder.file("client.key");
  stranger_file = save("stranger", stranger);
  stranger_key = folder.file("stranger.key");
}

std::string certificate_folder::save(const std::string& name, const certificate& made) {
  write_file(folder.file(name + ".key"), made.key_text());
  write_file(folder.file(name + ".crt"), made.text());
  return folder.file(name + ".crt");
}

}  // namespace skein::net
