// A session's cipher text passes through a BIO of our own, whose reads and writes are attempts on
// whatever transport the call under way was given.
#include "net/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <new>

namespace skein::net {

namespace {

// What the BIO of a session sees: the transport of the call under way, and how it ended.
struct road {
  tls_session::transport* below = nullptr;
  error_code failure = {};
  bool ended = false;
  std::string ahead = {};  // cipher text that was read before the session began
};

road& road_of(BIO* bio) {
  return *static_cast<road*>(BIO_get_data(bio));
}

int read_cipher(BIO* bio, char* into, std::size_t size, std::size_t* moved) {
  road& on = road_of(bio);
  BIO_clear_retry_flags(bio);
  if (!on.ahead.empty()) {
    *moved = on.ahead.copy(into, size);
    on.ahead.erase(0, *moved);
    return 1;
  }
  const attempt made = on.below->read_now(std::as_writable_bytes(std::span(into, size)));
  *moved = made.bytes;
  if (made.blocked) BIO_set_retry_read(bio);
  if (made.failure) on.failure = made.failure;
  on.ended = !made.blocked && !made.failure && made.bytes == 0;
  if (on.ended) return 0;
  return made.bytes > 0 ? 1 : -1;
}

int write_cipher(BIO* bio, const char* from, std::size_t size, std::size_t* moved) {
  road& on = road_of(bio);
  BIO_clear_retry_flags(bio);
  const attempt made = on.below->write_now(std::as_bytes(std::span(from, size)));
  *moved = made.bytes;
  if (made.blocked) BIO_set_retry_write(bio);
  if (made.failure) on.failure = made.failure;
  return made.bytes > 0 ? 1 : -1;
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return road_of(bio).ended ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* calls() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "skein stream");
    if (!method) throw std::bad_alloc();
    BIO_meth_set_read_ex(method, &read_cipher);
    BIO_meth_set_write_ex(method, &write_cipher);
    BIO_meth_set_ctrl(method, &control);
    return method;
  }();
  return made;
}

// Boost's base has a protected destructor, which GCC takes for a mistake in its heirs.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class fault_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int value) const override {
    switch (static_cast<tls_fault>(value)) {
      case tls_fault::refused:
        return "the TLS handshake failed";
      case tls_fault::broken:
        return "the TLS connection broke";
      case tls_fault::truncated:
        return "the TLS connection ended without a close_notify";
    }
    return "an unknown TLS failure";
  }
};
#pragma GCC diagnostic pop

}  // namespace

error_code make_error_code(tls_fault fault) {
  static const fault_category category;
  return {static_cast<int>(fault), category};
}

struct tls_session::state {
  road on = {};
  SSL* ssl = nullptr;
  direction read_wants = direction::read;
  direction write_wants = direction::write;
  bool dead = false;       // after a fatal failure OpenSSL wants to be left alone
  std::string words = {};  // why

  ~state() { SSL_free(ssl); }
  bool verifies() const { return (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0; }
  void expect_host(const std::string& host);
  bool enter(transport& below);
  attempt refuse(direction& wants, int result, tls_fault fault);
  std::string explain() const;
};

// One connection's errors must not be read as another's, which shares the thread's queue.
bool tls_session::state::enter(transport& below) {
  ERR_clear_error();
  on.below = &below;
  on.failure = {};
  on.ended = false;
  return !dead;
}

// What a call that moved nothing means.
attempt tls_session::state::refuse(direction& wants, int result, tls_fault fault) {
  const int why = SSL_get_error(ssl, result);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
    wants = why == SSL_ERROR_WANT_READ ? direction::read : direction::write;
    return {.blocked = true};
  }
  if (why == SSL_ERROR_ZERO_RETURN) return {};
  dead = true;
  error_code failure = fault;
  // In this order: the library may have tried to send an alert about the first, and failed at that.
  if (on.ended) {
    words = fault == tls_fault::refused ? "the peer closed the connection during the handshake"
                                        : "the peer closed the connection without a close_notify";
    failure = tls_fault::truncated;
  } else if (why == SSL_ERROR_SSL || !on.failure) {
    words = explain();
  } else {
    words = on.failure.message();
    failure = on.failure;
  }
  ERR_clear_error();
  return {.failure = failure};
}

std::string tls_session::state::explain() const {
  const long verified = SSL_get_verify_result(ssl);
  if (verifies() && verified != X509_V_OK) {
    return std::string("certificate verify failed: ") + X509_verify_cert_error_string(verified);
  }
  const char* known = ERR_reason_error_string(ERR_peek_error());
  return known ? known : "no reason given";
}

void tls_session::state::expect_host(const std::string& host) {
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1 ||
                   (!host.empty() && X509_VERIFY_PARAM_set1_host(rules, host.c_str(), 0) == 1);
  if (set) return;
  dead = true;
  words = "the peer's certificate is to name its host, and \"" + host + "\" is no host";
}

tls_session::tls_session(const tls_context& context, tls_role role, const std::string& host)
    : state_(std::make_unique<state>()) {
  ERR_clear_error();
  state_->ssl = SSL_new(context.native());
  BIO* bio = BIO_new(calls());
  if (!state_->ssl || !bio) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, &state_->on);
  BIO_set_init(bio, 1);
  SSL_set_bio(state_->ssl, bio, bio);
  if (role == tls_role::server) {
    SSL_set_accept_state(state_->ssl);
    return;
  }
  SSL_set_connect_state(state_->ssl);
  error_code is_name;
  asio::ip::make_address(host, is_name);
  // RFC 6066 section 3: no addresses in server_name.
  if (is_name && !host.empty()) SSL_set_tlsext_host_name(state_->ssl, host.c_str());
  if (context.verify_host()) state_->expect_host(host);
}

tls_session::~tls_session() = default;

attempt tls_session::handshake(transport& below) {
  if (!state_->enter(below)) return {.failure = tls_fault::refused};
  const int result = SSL_do_handshake(state_->ssl);
  if (result == 1) {
    state_->read_wants = direction::read;
    state_->write_wants = direction::write;
    return {.bytes = 1};
  }
  attempt made = state_->refuse(state_->read_wants, result, tls_fault::refused);
  state_->write_wants = state_->read_wants;
  // A close_notify in place of a handshake is an orderly end, but no success.
  if (!made.blocked && !made.failure) {
    state_->words = "the peer closed the connection during the handshake";
    made.failure = tls_fault::refused;
  }
  return made;
}

void tls_session::put_ahead(std::string_view cipher_text) {
  state_->on.ahead += cipher_text;
}

attempt tls_session::read_now(std::span<std::byte> into, transport& below) {
  if (!state_->enter(below)) return {.failure = tls_fault::broken};
  std::size_t moved = 0;
  const int result = SSL_read_ex(state_->ssl, into.data(), into.size(), &moved);
  if (result == 1) return {.bytes = moved};
  return state_->refuse(state_->read_wants, result, tls_fault::broken);
}

// As many records as the transport takes.
attempt tls_session::write_now(std::span<const std::byte> from, transport& below) {
  if (!state_->enter(below)) return {.failure = tls_fault::broken};
  std::size_t sent = 0;
  while (sent < from.size()) {
    std::size_t moved = 0;
    const auto rest = from.subspan(sent);
    const int result = SSL_write_ex(state_->ssl, rest.data(), rest.size(), &moved);
    if (result == 1) {
      sent += moved;
      continue;
    }
    const attempt made = state_->refuse(state_->write_wants, result, tls_fault::broken);
    if (sent > 0 && !made.failure) break;
    if (!made.blocked && !made.failure) return {.failure = asio::error::broken_pipe};
    return made;
  }
  return {.bytes = sent};
}

void tls_session::say_goodbye(transport& below) {
  if (!state_->enter(below) || !SSL_is_init_finished(state_->ssl)) return;
  // Nothing is sent if a record is half sent: the peer sees a truncation, which is the truth.
  SSL_shutdown(state_->ssl);
  ERR_clear_error();
}

direction tls_session::blocked_on(direction wanted) const {
  return wanted == direction::read ? state_->read_wants : state_->write_wants;
}

std::string tls_session::version() const {
  return SSL_get_version(state_->ssl);
}

std::string tls_session::cipher() const {
  return SSL_get_cipher_name(state_->ssl);
}

std::string tls_session::peer_name() const {
  const X509* peer = SSL_get0_peer_certificate(state_->ssl);
  if (!peer || !state_->verifies() || SSL_get_verify_result(state_->ssl) != X509_V_OK) return {};
  X509_NAME* subject = X509_get_subject_name(peer);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  // A zero byte inside would read as a shorter name elsewhere.
  return name.find('\0') == name.npos ? name : std::string();
}

std::string tls_session::peer_endpoint_hash() const {
  const X509* peer = SSL_get0_peer_certificate(state_->ssl);
  return peer ? endpoint_hash_of(peer) : std::string();
}

const std::string& tls_session::failure() const {
  return state_->words;
}

}  // namespace skein::net
