#include "backends/mysql/server_login.hpp"

#include <utility>

#include "backends/mysql/compression.hpp"
#include "backends/mysql/ed25519.hpp"
#include "backends/mysql/errors.hpp"
#include "backends/mysql/rsa.hpp"

namespace skein::mysql {

namespace {

constexpr std::uint32_t packet_max = 1U << 30;  // the most that a server can be set to take
// MariaDB goes through every method that a user has.
constexpr unsigned switches_max = 8;
// MariaDB puts it before its version, for replicas of old.
constexpr std::string_view version_mask = "5.5.5-";

std::unexpected<error> server_mistake(std::string text, std::string detail = {}) {
  return skein::failure(error_kind::protocol, fault::server, std::move(text), std::move(detail));
}

capability_set flag_of(compression wanted) {
  switch (wanted) {
    case compression::zlib:
      return capability::compress;
    case compression::zstd:
      return capability::zstd;
    case compression::none:
      break;
  }
  return 0;
}

bool can_prove_by(auth_plugin by) {
  return by == auth_plugin::native || by == auth_plugin::caching_sha2;
}

}  // namespace

server_login::server_login(const server_login_settings& how)
    : how_(how), stored_(read_stored_password(how.who.verifier)) {}

login_want server_login::advance(byte_view& input) {
  while (step_ == step::greeting || step_ == step::proving || step_ == step::key) {
    auto taken = take_message(input, number_, login_length_max, fault::server);
    if (!taken) return fail(std::move(taken.error()));
    if (!*taken) return login_want::input;
    ++number_;
    if (auto done = take_one((*taken)->body, !input.empty()); !done)
      return fail(std::move(done.error()));
  }
  if (step_ == step::handshake) return login_want::tls;
  return step_ == step::admitted ? login_want::admitted : login_want::failed;
}

login_want server_login::encrypted(const tls_facts& facts) {
  if (step_ != step::handshake)
    return fail(error{error_kind::internal, fault::us, {}, "TLS was started unasked", {}});
  facts_ = facts;
  facts_.encrypted = true;
  answer_greeting();
  return login_want::input;
}

result<void> server_login::take_one(byte_view body, bool more_behind) {
  if (body.empty()) return server_mistake("the server sent an empty packet in a login");
  const auto first = std::to_integer<std::uint8_t>(body.front());
  if (step_ == step::greeting) {
    if (first != reply::error) return take_greeting(body, more_behind);
    auto why = read_error_response(body);
    // Before TLS it is the word of nobody proven, which is not passed on where that matters.
    if (how_.tls >= tls_mode::require && !how_.unix_socket)
      why.text_for_client = whom() + " refuses connections: see Skein's log";
    return std::unexpected(std::move(why));
  }
  switch (first) {
    case reply::ok:
      return take_ok(body);
    case reply::error:
      return std::unexpected(read_error_response(body));
    case reply::auth_switch:
      return take_switch(body);
    case reply::auth_more:
      return take_more(body);
    default:
      return server_mistake("the server sent a packet that has no place in a login",
                            "first byte " + std::to_string(first));
  }
}

result<void> server_login::take_greeting(byte_view body, bool more_behind) {
  auto told = read_greeting(body);
  if (!told) return std::unexpected(std::move(told.error()));
  told_ = std::move(*told);
  const bool wants_tls = how_.tls != tls_mode::disable && !how_.unix_socket;
  const bool has_tls = (told_.capabilities & capability::ssl) != 0;
  if (wants_tls && !has_tls && how_.tls >= tls_mode::require)
    return skein::failure(
        error_kind::unavailable, fault::server,
        "the server does not take TLS, which is required for it: give it a certificate (ssl_cert, "
        "ssl_key), or relax the member's tls setting");
  const auto traits = read_traits(how_.request);
  ours_.capabilities =
      asked_of_server(told_.capabilities, traits.shaped.value_or(shaping_without_client()),
                      !how_.request.database.empty());
  ours_.capabilities |= told_.capabilities & flag_of(how_.compresses);
  ours_.packet_max = packet_max;
  ours_.collation = traits.collation.value_or(default_collation);
  ours_.user = how_.who.user;  // the one whose password we have
  ours_.database = how_.request.database;
  ours_.attributes = traits.attributes;
  nonce_ = told_.nonce;
  if (!wants_tls || !has_tls) {
    answer_greeting();
    return {};
  }
  if (more_behind)
    return server_mistake(
        "the server sent unencrypted bytes behind its greeting: something between may have put "
        "them there");
  ours_.capabilities |= capability::ssl;
  output_ += written_tls_request(next(), ours_);
  step_ = step::handshake;
  return {};
}

// The method that the server names, where we can; else the one that we can, and the server may
// switch. A password in clear goes nowhere unasked.
void server_login::answer_greeting() {
  by_ = plugin_named(told_.plugin);
  if (told_.plugin.empty()) by_ = auth_plugin::native;
  const bool fits_here = can_prove_by(by_) && nonce_.size() == nonce_bytes;
  if (!fits_here || (!key_for(by_) && !knows_nothing()))
    by_ = stored_ && can_prove_by(stored_->by) ? stored_->by : auth_plugin::native;
  const auto key = nonce_.size() == nonce_bytes ? key_for(by_) : std::nullopt;
  if (key) ours_.proof = proof_of(by_, key->view(), nonce_).view();
  ours_.plugin = to_string(by_);
  output_ += written(next(), ours_);
  step_ = step::proving;
}

result<void> server_login::take_switch(byte_view body) {
  auto asked = read_auth_switch(body);
  if (!asked) return std::unexpected(std::move(asked.error()));
  if (++switches_ > switches_max || step_ == step::key)
    return server_mistake("the server's requests for other methods are out of order");
  nonce_ = std::move(asked->nonce);
  by_ = plugin_named(asked->plugin);
  if (by_ == auth_plugin::clear) return show_password();
  if (by_ == auth_plugin::ed25519) return sign();
  if (by_ == auth_plugin::other)
    return skein::failure(error_kind::unsupported, fault::server,
                          whom() + " asks for the authentication method " +
                              asked->plugin.substr(0, 64) +
                              ", which is not supported: use caching_sha2_password, "
                              "mysql_native_password or MariaDB's ed25519 for user '" +
                              how_.who.user + "' there");
  if (nonce_.size() != nonce_bytes)
    return server_mistake("the server's challenge has a length that it cannot have",
                          std::to_string(nonce_.size()) + " bytes");
  auto proof = proof_for(by_);
  if (!proof) return std::unexpected(std::move(proof.error()));
  output_ += written_raw(next(), proof->view());
  return {};
}

result<void> server_login::take_more(byte_view body) {
  const auto data = auth_more_data(body);
  if (step_ == step::key) return hide_password(data);
  if (by_ == auth_plugin::caching_sha2 && data.size() == 1) {
    if (data.front() == full_proof::fast_success) return {};
    if (data.front() == full_proof::wanted) {
      if (private_channel()) return show_password();
      if (plain_password().empty())
        return std::unexpected(cannot_answer("the whole password, which it has not met lately"));
      output_ += written_raw(next(), std::string_view(&full_proof::key_request, 1));
      step_ = step::key;
      return {};
    }
  }
  return server_mistake("the server sent more of a method than the method has");
}

result<void> server_login::show_password() {
  if (!private_channel())
    return skein::failure(
        error_kind::unsupported, fault::server,
        whom() +
            " asks for the password in clear text over an unencrypted connection: turn TLS on "
            "for it, or use caching_sha2_password for user '" +
            how_.who.user + "' there");
  const auto password = plain_password();
  if (password.empty()) return std::unexpected(cannot_answer("the password in clear text"));
  output_ += written_raw(next(), masked_password(password, {}).view());
  return {};
}

// By the password alone: what a client has signed for us is of no use there.
result<void> server_login::sign() {
  if (nonce_.size() != ed25519::nonce_bytes)
    return server_mistake("the server's challenge has a length that it cannot have",
                          std::to_string(nonce_.size()) + " bytes");
  const auto password = plain_password();
  if (password.empty() && !knows_nothing()) return std::unexpected(cannot_answer(to_string(by_)));
  output_ += written_raw(next(), ed25519::signature(password, nonce_));
  return {};
}

// Whose key it is nobody knows on an open line: where that matters, TLS is required, and this is
// not reached.
result<void> server_login::hide_password(std::string_view public_pem) {
  if (nonce_.size() != nonce_bytes) return server_mistake("the server's challenge was cut short");
  const auto secret = rsa_encrypt(public_pem, masked_password(plain_password(), nonce_).view());
  if (!secret)
    return server_mistake(
        "the server's public key is no RSA key that fits: turn TLS on for the member");
  output_ += written_raw(next(), *secret);
  step_ = step::proving;
  return {};
}

result<void> server_login::take_ok(byte_view body) {
  if (step_ == step::key) return server_mistake("the server ended a login out of order");
  if (auto read = read_ok(body, ours_.capabilities); !read)
    return std::unexpected(std::move(read.error()));
  tell_greeting();
  step_ = step::admitted;
  return {};
}

void server_login::tell_greeting() {
  const bool mariadb = (told_.capabilities & capability::long_password) == 0 ||
                       told_.version.find("MariaDB") != std::string::npos;
  std::string_view version = told_.version;
  if (mariadb && version.starts_with(version_mask)) version.remove_prefix(version_mask.size());
  greeting_.parameters = {
      {"version", std::string(version)},
      {"connection_id", std::to_string(told_.connection_id)},
      {"capabilities", std::to_string(ours_.capabilities)},
      {"collation", std::to_string(ours_.collation)},
      {"database", how_.request.database},
      {"flavour", std::string(to_string(mariadb ? flavour::mariadb : flavour::mysql))}};
  greeting_.key = {told_.connection_id, {}};
}

std::unique_ptr<wire_coder> server_login::take_coder() {
  return agreed_coder(wire_end::client, ours_.capabilities, ours_.zstd_level);
}

bool server_login::knows_nothing() const {
  return how_.who.password.empty() && how_.who.verifier.empty();
}

// What is known of a user: the password; or what a client has proved against what servers store,
// which of mysql_native_password is the key alone.
std::string_view server_login::plain_password() const {
  const auto& who = how_.who;
  if (!who.password.empty()) return who.password;
  const bool whole = stored_ && stored_->by == auth_plugin::caching_sha2;
  return whole ? who.proven.view() : std::string_view();
}

std::optional<wiped> server_login::key_for(auth_plugin by) const {
  if (const auto password = plain_password(); !password.empty()) return key_of(by, password);
  const bool same = stored_ && stored_->by == auth_plugin::native && by == stored_->by;
  if (!same || how_.who.proven.empty()) return std::nullopt;
  return how_.who.proven;
}

// Without any password the server may still let us in, and has its own words if it does not.
result<wiped> server_login::proof_for(auth_plugin by) const {
  if (const auto key = key_for(by)) return proof_of(by, key->view(), nonce_);
  if (knows_nothing()) return by == auth_plugin::native ? wiped() : wiped(terminator);
  return std::unexpected(cannot_answer(to_string(by)));
}

error server_login::cannot_answer(std::string_view method) const {
  const std::string head =
      whom() + " asks for " + std::string(method) + ", and of user '" + how_.who.user + "' ";
  std::string tail;
  if (knows_nothing()) {
    tail = "no password is configured";
  } else if (stored_ && stored_->by == auth_plugin::ed25519) {
    tail =
        "only the public key of client_ed25519 is known, by which nobody signs in: give Skein "
        "the password";
  } else if (how_.who.proven.empty()) {
    tail =
        "only what servers store is known: it serves clients that have proved their password "
        "to Skein";
  } else {
    tail =
        "only the hash of mysql_native_password is known, which cannot answer: use that method "
        "for the user there, or give Skein the password";
  }
  return {error_kind::login, fault::us, "28000", head + tail, {}};
}

std::string server_login::whom() const {
  return how_.member.empty() ? "the server" : "member \"" + how_.member + "\"";
}

std::string server_login::take_output() {
  return std::exchange(output_, {});
}

login_want server_login::fail(error why) {
  failure_ = std::move(why);
  step_ = step::failed;
  return login_want::failed;
}

}  // namespace skein::mysql
