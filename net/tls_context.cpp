// Loading certificates, keys and authorities, with words for each way in which that fails.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>

#include "net/tls.hpp"

namespace skein::net {

namespace {

using sentence = std::optional<std::string>;  // what went wrong, if anything did

std::string library_words() {
  const char* known = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return known ? known : "no reason given";
}

std::string complaint(const std::string& what, const std::string& file, const std::string& why) {
  return what + " \"" + file + "\": " + why;
}

// The library's own words for a missing file or one without PEM are cryptic.
sentence unreadable(const std::string& what, const std::string& file) {
  std::error_code failure;
  const auto kind = std::filesystem::status(file, failure).type();
  if (kind == std::filesystem::file_type::not_found) {
    return complaint(what, file, "there is no such file");
  }
  if (kind == std::filesystem::file_type::directory) {
    return complaint(what, file, "this is a folder, a PEM file is wanted");
  }
  const std::unique_ptr<BIO, int (*)(BIO*)> opened(BIO_new_file(file.c_str(), "r"), BIO_free);
  ERR_clear_error();
  if (!opened) return complaint(what, file, "it cannot be read; check its permissions");
  return std::nullopt;
}

// Three loaders of the library have three ways to say that they found nothing of their kind.
std::string words_for_pem(const std::string& section) {
  const auto first = ERR_peek_error();
  const auto last = ERR_peek_last_error();
  const bool absent = ERR_GET_REASON(first) == PEM_R_NO_START_LINE ||
                      ERR_GET_REASON(last) == X509_R_NO_CERTIFICATE_OR_CRL_FOUND ||
                      ERR_GET_LIB(first) == ERR_LIB_OSSL_DECODER;
  if (!absent) return library_words();
  ERR_clear_error();
  return "there is no " + section + " in PEM form in it";
}

// Never asks at the terminal for the password of an encrypted key.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

sentence load_own(SSL_CTX* context, const tls_files& files) {
  if (auto bad = unreadable("TLS certificate", files.certificate)) return bad;
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return complaint("TLS certificate", files.certificate, words_for_pem("certificate"));
  }
  if (files.key.empty()) {
    return complaint("TLS certificate", files.certificate, "it has no key beside it; name the key");
  }
  if (auto bad = unreadable("TLS key", files.key)) return bad;
  bool password_asked = false;
  SSL_CTX_set_default_passwd_cb(context, &no_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &password_asked);
  const bool loaded =
      SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (password_asked) {
    ERR_clear_error();
    return complaint("TLS key", files.key, "it is encrypted; give one without a password");
  }
  const auto reason = ERR_GET_REASON(ERR_peek_error());
  if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH) {
    ERR_clear_error();
    return complaint("TLS key", files.key,
                     "it does not belong to the certificate in \"" + files.certificate + "\"");
  }
  if (!loaded) return complaint("TLS key", files.key, words_for_pem("private key"));
  return std::nullopt;
}

sentence load_authorities(SSL_CTX* context, tls_role role, const tls_files& files) {
  if (auto bad = unreadable("TLS authority (CA)", files.ca)) return bad;
  if (SSL_CTX_load_verify_file(context, files.ca.c_str()) != 1) {
    return complaint("TLS authority (CA)", files.ca, words_for_pem("certificate"));
  }
  if (role == tls_role::client) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return std::nullopt;
  }
  // Tells the client whose certificates are welcome.
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(files.ca.c_str()));
  const int demand = files.demand_peer ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | demand, nullptr);
  return std::nullopt;
}

sentence contradiction(tls_role role, const tls_files& files) {
  if (role == tls_role::server && files.certificate.empty()) {
    return "TLS for clients wants a certificate and its key";
  }
  if (files.certificate.empty() && !files.key.empty()) {
    return complaint("TLS key", files.key, "it has no certificate beside it; name the certificate");
  }
  if (files.ca.empty() && files.verify_host) {
    return "to verify the host's name, name the authority (CA) that signs its certificate";
  }
  if (files.ca.empty() && files.demand_peer) {
    return "to demand a client's certificate, name the authority (CA) that signs them";
  }
  return std::nullopt;
}

void set_rules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Database drivers hardly ever resume, and a server that sends tickets to a client that has left
  // already provokes a reset: no tickets and no session cache.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // One receive fetches a record's header and its body.
  SSL_CTX_set_read_ahead(context, 1);
}

}  // namespace

std::expected<tls_context, std::string> tls_context::load(tls_role role, const tls_files& files) {
  if (auto bad = contradiction(role, files)) return std::unexpected(*bad);
  ERR_clear_error();
  const auto* method = role == tls_role::client ? TLS_client_method() : TLS_server_method();
  tls_context made;
  made.context_ = std::shared_ptr<SSL_CTX>(SSL_CTX_new(method), SSL_CTX_free);
  if (!made.context_) return std::unexpected("TLS cannot be used here: " + library_words());
  SSL_CTX* context = made.context_.get();
  set_rules(context);
  made.verify_host_ = files.verify_host;
  if (!files.ca.empty()) {
    if (auto bad = load_authorities(context, role, files)) return std::unexpected(*bad);
  }
  if (!files.certificate.empty()) {
    if (auto bad = load_own(context, files)) return std::unexpected(*bad);
    made.endpoint_hash_ = endpoint_hash_of(SSL_CTX_get0_certificate(context));
  }
  return made;
}

std::string endpoint_hash_of(const X509* certificate) {
  int digest = NID_undef;
  X509_get_signature_info(const_cast<X509*>(certificate), &digest, nullptr, nullptr, nullptr);
  if (digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;
  const EVP_MD* known = EVP_get_digestbynid(digest);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes = {};
  unsigned size = 0;
  if (!known || X509_digest(certificate, known, bytes.data(), &size) != 1) {
    ERR_clear_error();
    return {};
  }
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

}  // namespace skein::net
