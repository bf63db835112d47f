#include "backends/mysql/client_login.hpp"

#include <utility>

#include "backends/login_checks.hpp"
#include "backends/mysql/compression.hpp"
#include "backends/mysql/ed25519.hpp"
#include "backends/mysql/errors.hpp"
#include "backends/mysql/replies.hpp"
#include "net/secret.hpp"

namespace skein::mysql {

namespace {

// Drivers choose their SQL by the version, and by whose it is: so they are told the server's own,
// and as long as nobody knows that, one that all understand. With 8.0 they ask for
// transaction_isolation, use utf8mb4, and do not look for a query cache.
constexpr std::string_view version_until_known = "8.0.36-Skein";
constexpr auto greeted_by = auth_plugin::caching_sha2;
constexpr std::size_t name_bytes_max = 512;  // 128 letters of utf8mb4: of either flavour

constexpr login_words words = {
    .requires_tls = "connect with --ssl-mode=REQUIRED or stronger",
    .shows_certificate = "connect with --ssl-cert and --ssl-key set",
    .quote = '\'',
};

error not_asked(std::string text) {
  return {error_kind::internal, fault::us, {}, std::move(text), {}};
}

// Of nobody's password; libmysqlclient gives it a terminator.
bool is_empty_proof(std::string_view proof) {
  return proof.empty() || proof == terminator;
}

}  // namespace

client_login::client_login(const client_login_settings& how, login_shared& shared)
    : how_(how), shared_(shared) {}

client_login::client_login(const client_login_settings& how, login_shared& shared,
                           const login_request& before, const tls_facts& facts)
    : how_(how), shared_(shared), step_(step::change), again_(true), facts_(facts) {
  const client_traits traits = read_traits(before);
  agreed_ = traits.agreed.value_or(0);
  nonce_ = traits.nonce;
}

login_want client_login::advance(byte_view& input) {
  if (step_ == step::starting) greet();
  switch (step_) {
    case step::response:
      return take_response(input);
    case step::change:
    case step::proof:
    case step::full: {
      auto body = take(input);
      if (!body) return fail(std::move(body.error()));
      if (!*body) return login_want::input;
      if (step_ == step::change) return begin_next_session(**body);
      if (step_ == step::proof) return judge(as_text(**body));
      return take_password(**body);
    }
    case step::handshake:
      return login_want::tls;
    case step::looking_up:
      return login_want::secret;
    case step::admitted:
      return login_want::admitted;
    case step::starting:
    case step::failed:
      break;
  }
  return login_want::failed;
}

void client_login::greet() {
  offered_ =
      offered_before(how_.server_version, how_.tls != tls_mode::disable && !how_.unix_socket);
  nonce_ = random_nonce();
  output_ += written(next(), initial_greeting{.version = how_.server_version.empty()
                                                             ? std::string(version_until_known)
                                                             : how_.server_version,
                                              .connection_id = how_.session_id,
                                              .nonce = nonce_,
                                              .capabilities = offered_,
                                              .plugin = std::string(to_string(greeted_by))});
  step_ = step::response;
}

result<std::optional<byte_view>> client_login::take(byte_view& input) {
  auto taken = take_message(input, number_, login_length_max, fault::client);
  if (!taken) {
    ++number_;  // the client has sent something in its place, and counts on
    return std::unexpected(std::move(taken.error()));
  }
  if (!*taken) return std::nullopt;
  ++number_;
  return (*taken)->body;
}

login_want client_login::take_response(byte_view& input) {
  auto body = take(input);
  if (!body) return fail(std::move(body.error()));
  if (!*body) return login_want::input;
  if (!is_tls_request(**body)) return begin_session(**body);
  if (facts_.encrypted)
    return fail(protocol_mistake("TLS was asked for a second time on this connection"));
  if ((offered_ & capability::ssl) == 0)
    return fail(protocol_mistake("TLS was asked for, and is not offered here"));
  step_ = step::handshake;
  return login_want::tls;
}

login_want client_login::encrypted(const tls_facts& facts) {
  if (step_ != step::handshake) return fail(not_asked("TLS was started unasked"));
  facts_ = facts;
  facts_.encrypted = true;
  step_ = step::response;
  return login_want::input;
}

login_want client_login::begin_session(byte_view body) {
  auto said = read_response(body);
  if (!said) return fail(std::move(said.error()));
  agreed_ = agreed_with_client(offered_, said->capabilities);
  if ((agreed_ & capability::secure_connection) == 0)
    return fail(protocol_mistake("the client proves passwords in the form of before 4.1"));
  const int level = said->zstd_level;
  if ((agreed_ & capability::zstd) != 0 && (level < 1 || level > zstd_level_max))
    return fail(protocol_mistake("zstd has no level " + std::to_string(level) + ": 1 to 22"));
  return begin(std::move(*said));
}

login_want client_login::begin_next_session(byte_view body) {
  auto said = read_change(body, agreed_);
  if (!said) return fail(std::move(said.error()));
  return begin(std::move(*said));
}

login_want client_login::begin(handshake_response said) {
  said_ = std::move(said);
  if (said_.user.size() > name_bytes_max || said_.database.size() > name_bytes_max)
    return fail(protocol_mistake("the name of the user or of the database is too long"));
  request_ = {said_.user, said_.database, {}};
  write_traits({.shaped = {},
                .collation = said_.collation,
                .attributes = std::move(said_.attributes),
                .agreed = agreed_,
                .nonce = {}},
               request_);
  if (request_.user.empty()) return deny(!is_empty_proof(said_.proof));
  const auto& [user, database, settings] = request_;
  if (auto mistake = encryption_mistake(how_, facts_, user, words))
    return fail(std::move(*mistake));
  auto wanted = wanted_proof(how_, facts_, user, database, words);
  if (!wanted) return fail(std::move(wanted.error()));
  method_ = *wanted;
  step_ = step::looking_up;
  return login_want::secret;
}

// A client that names no method has the one of before there were several.
auth_plugin client_login::clients_own() const {
  if ((agreed_ & capability::plugin_auth) == 0) return auth_plugin::native;
  return plugin_named(said_.plugin);
}

// A password answers all methods, so the client chooses; what servers store answers its own. A user
// who does not exist meets what most who do would.
auth_plugin client_login::wanted_of(const std::optional<credentials>& known) const {
  if (stored_) return stored_->by;
  if (!known && !how_.derives_keys) return shared_.usual.load(std::memory_order_relaxed);
  const auto own = clients_own();
  const bool others = own == auth_plugin::native || own == auth_plugin::ed25519;
  return others ? own : auth_plugin::caching_sha2;
}

login_want client_login::credential(std::optional<credentials> known) {
  if (step_ != step::looking_up) return fail(not_asked("a credential came unasked"));
  believed_ = is_believed(method_, known);
  if (known && known->password.empty() && !believed_)
    stored_ = read_stored_password(known->verifier);
  by_ = wanted_of(known);
  if (stored_) {
    shared_.usual.store(by_, std::memory_order_relaxed);
    if (stored_->rounds != 0)
      shared_.usual_rounds.store(stored_->rounds, std::memory_order_relaxed);
  }
  // An empty password lets nobody in: it stands for "none set".
  if (known && known->password.empty() && !stored_) known.reset();
  known_ = std::move(known);
  const bool fits =
      by_ == clients_own() && by_ != auth_plugin::ed25519;  // which wants a nonce of its own
  if (has_spoken() && (believed_ || fits)) return judge(said_.proof);
  return ask_by_plugin();
}

login_want client_login::ask_by_plugin() {
  if ((agreed_ & capability::plugin_auth) == 0)
    return fail({error_kind::unsupported,
                 fault::client,
                 {},
                 "the client knows mysql_native_password alone, and of this user what is stored is "
                 "of " +
                     std::string(to_string(by_)) +
                     ": use a newer client, or give Skein the password",
                 {}});
  const bool signs = by_ == auth_plugin::ed25519;
  if (signs) signed_nonce_ = net::random_secret(ed25519::nonce_bytes);
  if (!signs && !again_) nonce_ = random_nonce();
  output_ +=
      written(next(), auth_switch{std::string(to_string(by_)), signs ? signed_nonce_ : nonce_});
  step_ = step::proof;
  return login_want::input;
}

// A client whose method is not the greeting's takes the nonce for another's: it says nothing, and
// waits to be asked by its own. And one that signs in again is asked as servers ask, whatever it
// has said, for some wait for that; by the nonce that it was given last, for others use no other.
bool client_login::has_spoken() const {
  if ((agreed_ & capability::plugin_auth) == 0) return true;
  return !again_ && (!said_.proof.empty() || clients_own() == greeted_by);
}

// The fast proof, of either method.
login_want client_login::judge(std::string_view proof) {
  shown_ = !is_empty_proof(proof);
  if (believed_) return admit();
  if (!shown_) return deny(false);
  if (by_ == auth_plugin::ed25519) return judge_signature(proof);
  if (stored_ && by_ == auth_plugin::native) {
    auto key = key_in(by_, proof, stored_->digest, nonce_);
    if (!key) return deny(true);
    proven_ = std::move(*key);
    return admit();
  }
  // What is kept of a user who does not exist fits nothing.
  std::optional<wiped> password;
  if (stored_) {
    password = shared_.proven.find(known_->verifier);
  } else if (known_) {
    password.emplace(known_->password);
  } else if (how_.derives_keys || by_ == auth_plugin::native) {
    password.emplace(shared_.secret);
  }
  if (password) {
    const auto digest = digest_of_key(by_, key_of(by_, password->view()).view());
    const bool holds = key_in(by_, proof, digest.view(), nonce_).has_value();
    if (holds && known_) {
      if (stored_) proven_ = std::move(*password);
      return admit();
    }
    if (!stored_) return deny(true);
  }
  return ask_for_password();
}

login_want client_login::judge_signature(std::string_view signature) {
  const auto key =
      stored_ ? stored_->digest : ed25519::public_key(known_ ? known_->password : shared_.secret);
  const bool holds = ed25519::holds(signature, signed_nonce_, key);
  return holds && known_ ? admit() : deny(true);
}

login_want client_login::ask_for_password() {
  output_ += written_auth_more(next(), std::string(1, full_proof::wanted));
  step_ = step::full;
  return login_want::input;
}

login_want client_login::take_password(byte_view body) {
  if (!private_channel() && as_text(body) == std::string_view(&full_proof::key_request, 1)) {
    if (key_shown_) return fail(protocol_mistake("the public key was asked for twice"));
    key_shown_ = true;
    output_ += written_auth_more(next(), shared_.pair.public_pem());
    return login_want::input;
  }
  const auto password = password_in(body);
  if (password) return check_password(password->view());
  return deny(true, private_channel() ? "what came is no password with its terminator"
                                      : "what came is no password under our public key");
}

// In clear where nobody else listens, else under our public key, which some clients have from a
// file. A password in clear on an open line is not taken: it would seem to be a way to log in.
std::optional<wiped> client_login::password_in(byte_view body) {
  if (!private_channel()) {
    const auto masked = shared_.pair.decrypt(as_text(body));
    return masked ? unmasked_password(masked->view(), nonce_) : std::nullopt;
  }
  return unmasked_password(as_text(body), {});
}

login_want client_login::check_password(std::string_view password) {
  const auto decoy =
      stored_password{auth_plugin::caching_sha2, {}, shared_.secret.substr(0, 20), 5000};
  const bool holds = fits(stored_ ? *stored_ : decoy, password);
  if (!holds || !stored_) return deny(true);
  shared_.proven.keep(known_->verifier, wiped(password));
  proven_ = wiped(password);
  return admit();
}

// A client of caching_sha2_password hears whether its proof was enough before it hears OK; one who
// had no password to prove hears OK alone, and so does one who has shown the password itself.
login_want client_login::admit() {
  const auto by = step_ == step::looking_up ? clients_own() : by_;
  const bool waits = by == auth_plugin::caching_sha2 && shown_ && step_ != step::full;
  if (waits) output_ += written_auth_more(next(), std::string(1, full_proof::fast_success));
  write_nonce(nonce_, request_);
  step_ = step::admitted;
  return login_want::admitted;
}

wiped client_login::take_proven() {
  return std::exchange(proven_, {});
}

// An OK is all that ends a login here; what is `told` of a session has no place in it. Who stays as
// it was has heard why.
std::string client_login::welcome(std::string_view /*told*/, const cancel_key& /*own*/) {
  auto out = take_output();
  if (step_ == step::failed) return out;
  out += written(next(), ok_packet{.status = status::autocommit}, agreed_);
  return out;
}

std::unique_ptr<wire_coder> client_login::take_coder() {
  if (again_) return nullptr;  // its connection has the one that it began with
  return agreed_coder(wire_end::server, agreed_, said_.zstd_level);
}

std::string client_login::refuse(const error& why) {
  // A client in the middle of a handshake reads no message; one that failed has its own.
  const bool deaf = step_ == step::handshake || step_ == step::failed;
  const bool greeted = step_ != step::starting;
  auto out = take_output();
  failure_ = why;
  step_ = step::failed;
  return deaf ? out : out + error_response(next(), why, greeted);
}

// As servers do: one of MySQL closes the connection, one of MariaDB keeps it for whose it was.
bool client_login::stays_as_it_was() const {
  return again_ && step_ == step::failed && failure_.kind == error_kind::login &&
         how_.server_version.contains("MariaDB");
}

std::string client_login::take_output() {
  return std::exchange(output_, {});
}

login_want client_login::deny(bool using_password, std::string_view detail) {
  auto why = refused_login("Access denied for user '" + request_.user + "'@'" + host_of(how_.from) +
                           "' (using password: " + (using_password ? "YES)" : "NO)"));
  why.detail_for_log = known_ ? detail : "no such user";
  return fail(std::move(why));
}

login_want client_login::fail(error why) {
  failure_ = std::move(why);
  output_ += error_response(next(), failure_);
  step_ = step::failed;
  return login_want::failed;
}

}  // namespace skein::mysql
