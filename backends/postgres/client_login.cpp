#include "backends/postgres/client_login.hpp"

#include <utility>

#include "backends/login_checks.hpp"
#include "backends/postgres/errors.hpp"
#include "backends/postgres/md5.hpp"
#include "net/secret.hpp"

namespace skein::postgres {

namespace {

// SASL messages are bounded by the server at a kilobyte; the header and the mechanism's name come
// on top.
constexpr std::uint32_t sasl_length_max = 2048;
constexpr std::size_t md5_salt_bytes = 4;
constexpr std::uint32_t no_initial_response = 0xffffffff;
constexpr std::size_t framing_bytes = 64;  // of a welcome: what stands around what is told

constexpr login_words words = {
    .requires_tls = "connect with sslmode=require or stronger",
    .shows_certificate = "connect with sslcert and sslkey set",
};

void write_auth(std::string& out, auth_request request, std::string_view data) {
  message_writer(out)
      .begin(from_backend::authentication)
      .u32(static_cast<std::uint32_t>(request))
      .raw(data)
      .end();
}

}  // namespace

client_login::client_login(const client_login_settings& how, scram_shared& shared)
    : how_(how), shared_(shared) {}

login_want client_login::advance(byte_view& input) {
  switch (step_) {
    case step::opening:
      return take_opening(input);
    case step::first:
    case step::final:
      return take_sasl(input);
    case step::hashed:
      return take_md5(input);
    case step::handshake:
      return login_want::tls;
    case step::looking_up:
      return login_want::secret;
    case step::admitted:
      return login_want::admitted;
    case step::cancelling:
      return login_want::cancel;
    case step::failed:
      break;
  }
  return login_want::failed;
}

login_want client_login::take_opening(byte_view& input) {
  for (;;) {
    auto taken = take_startup(input);
    if (!taken) return fail(std::move(taken.error()));
    if (!*taken) return login_want::input;
    asked_ = std::move(**taken);
    auto want = login_want::input;
    switch (asked_.kind) {
      case startup_kind::tls_request:
        want = answer_tls_request(input);
        break;
      case startup_kind::gss_request:
        want = answer_gss_request();
        break;
      case startup_kind::cancel:
        // Plain even where TLS is required: libpq before 17 knows no other way, and the key that
        // it shows is spent by this very request.
        step_ = step::cancelling;
        return login_want::cancel;
      case startup_kind::session:
        return begin_session();
    }
    if (want != login_want::input) return want;
  }
}

// Whatever stands in plain text behind an accepted request was sent before the handshake, perhaps
// by somebody in between (CVE-2021-23214).
login_want client_login::answer_tls_request(byte_view rest) {
  if (tls_asked_ || facts_.encrypted)
    return fail(protocol_mistake("TLS was asked for a second time on this connection"));
  tls_asked_ = true;
  if (how_.tls == tls_mode::disable || how_.unix_socket) {
    output_ += 'N';
    return login_want::input;
  }
  if (!rest.empty())
    return fail(protocol_mistake("unencrypted bytes came behind the request for TLS"));
  output_ += 'S';
  step_ = step::handshake;
  return login_want::tls;
}

login_want client_login::answer_gss_request() {
  if (gss_asked_ || facts_.encrypted)
    return fail(protocol_mistake("GSS encryption was asked for out of order on this connection"));
  gss_asked_ = true;
  output_ += 'N';
  return login_want::input;
}

login_want client_login::encrypted(const tls_facts& facts) {
  if (step_ != step::handshake)
    return fail(error{error_kind::internal, fault::us, {}, "TLS was started unasked", {}});
  facts_ = facts;
  facts_.encrypted = true;
  step_ = step::opening;
  return login_want::input;
}

login_want client_login::begin_session() {
  const auto& [user, database, settings] = asked_.request;
  if (auto mistake = encryption_mistake(how_, facts_, user, words))
    return fail(std::move(*mistake));
  auto wanted = wanted_proof(how_, facts_, user, database.empty() ? user : database, words);
  if (!wanted) return fail(std::move(wanted.error()));
  proof_ = *wanted;
  output_ += negotiation(asked_);
  step_ = step::looking_up;
  return login_want::secret;
}

login_want client_login::credential(std::optional<credentials> known) {
  if (step_ != step::looking_up)
    return fail(error{error_kind::internal, fault::us, {}, "a credential came unasked", {}});
  if (is_believed(proof_, known)) {
    step_ = step::admitted;
    return login_want::admitted;
  }
  if (asks_for_md5(known)) return ask_for_md5(std::move(known));
  // An empty password lets nobody in: it stands for "none set".
  std::optional<std::string> password;
  if (known && !known->password.empty()) password = std::move(known->password);
  std::string endpoint_hash;
  if (facts_.encrypted)
    endpoint_hash = how_.endpoint_hash.empty() ? facts_.endpoint_hash : how_.endpoint_hash;
  const auto& user = asked_.request.user;
  auto secret = known ? read_scram_secret(known->verifier) : std::nullopt;
  if (secret) {
    scram_.emplace(shared_, user, std::move(*secret), std::move(endpoint_hash));
  } else {
    scram_.emplace(shared_, user, std::move(password), shared_.salt_of(user),
                   std::move(endpoint_hash), how_.derives_keys);
  }

  std::string offer;
  if (scram_->offers_binding()) offer.append(scram_sha_256_plus).push_back('\0');
  offer.append(scram_sha_256).append(2, '\0');
  write_auth(output_, auth_request::sasl, offer);
  step_ = step::first;
  return login_want::input;
}

// A SCRAM secret answers no md5; and of a hash no SCRAM can be made. A user who does not exist
// meets what most who do would.
bool client_login::asks_for_md5(const std::optional<credentials>& known) const {
  const bool hash = known && is_md5_hash(known->verifier);
  if (!proof_) return hash;
  if (*proof_ != proof_method::md5) return false;
  return known ? hash || known->verifier.empty() : how_.derives_keys;
}

login_want client_login::ask_for_md5(std::optional<credentials> known) {
  if (known && known->password.empty() && known->verifier.empty()) known.reset();
  hashed_ = std::move(known);
  salt_ = net::random_secret(md5_salt_bytes);
  write_auth(output_, auth_request::md5, salt_);
  step_ = step::hashed;
  return login_want::input;
}

login_want client_login::take_md5(byte_view& input) {
  auto taken = take_message(input, sasl_length_max, fault::client);
  if (!taken) return fail(std::move(taken.error()));
  if (!*taken) return login_want::input;
  if ((*taken)->type != from_frontend::password)
    return fail(protocol_mistake("a message of another kind came where a password was due"));
  field_reader fields((*taken)->body);
  const auto given = fields.text();
  if (fields.failed() || !fields.empty())
    return fail(protocol_mistake("malformed password message"));
  const auto expected = md5_answer(hashed_.value_or(credentials{}), salt_);
  if (!expected)
    return fail(error{error_kind::unsupported,
                      fault::us,
                      {},
                      "only an md5 hash is known of this user, and this machine's cryptographic "
                      "policy forbids md5: set the password again with scram-sha-256",
                      {}});
  const bool holds = net::equal_in_constant_time(given, *expected);
  if (!holds || !hashed_)
    return fail(error{error_kind::login, fault::client, "28P01",
                      "password authentication failed for user \"" + asked_.request.user + "\"",
                      hashed_ ? "wrong password" : "no such user"});
  step_ = step::admitted;
  return login_want::admitted;
}

login_want client_login::take_sasl(byte_view& input) {
  while (step_ == step::first || step_ == step::final) {
    auto taken = take_message(input, sasl_length_max, fault::client);
    if (!taken) return fail(std::move(taken.error()));
    if (!*taken) return login_want::input;
    if ((*taken)->type != from_frontend::password)
      return fail(protocol_mistake("a message of another kind came where SCRAM's was due"));
    if (auto answered = answer_sasl((*taken)->body); !answered)
      return fail(std::move(answered.error()));
  }
  return login_want::admitted;
}

result<void> client_login::answer_sasl(byte_view body) {
  if (step_ == step::final) {
    auto proof = scram_->finish(as_text(body));
    if (!proof) return std::unexpected(std::move(proof.error()));
    write_auth(output_, auth_request::sasl_final, *proof);
    step_ = step::admitted;
    return {};
  }
  field_reader fields(body);
  const auto mechanism = fields.text();
  const auto size = fields.u32();
  const auto data = size == no_initial_response ? std::string_view() : fields.raw(size);
  if (fields.failed() || !fields.empty())
    return std::unexpected(protocol_mistake("malformed SASLInitialResponse"));
  auto challenge = scram_->begin(mechanism, data);
  if (!challenge) return std::unexpected(std::move(challenge.error()));
  write_auth(output_, auth_request::sasl_continue, *challenge);
  step_ = step::final;
  return {};
}

wiped client_login::take_proven() {
  return scram_ ? scram_->take_client_key() : wiped();
}

std::string client_login::welcome(std::string_view told, const cancel_key& own) {
  auto out = take_output();
  out.reserve(out.size() + told.size() + framing_bytes);
  write_auth(out, auth_request::ok, {});
  message_writer message(out);
  message.raw(told);
  message.begin(from_backend::key_data).u32(own.id).raw(own.secret);
  message.end();
  message.begin(from_backend::ready).byte('I');
  message.end();
  return out;
}

std::size_t client_login::secret_bytes() const {
  return agreed_version(asked_.version) >= protocol_3_2 ? long_secret_bytes : short_secret_bytes;
}

std::string client_login::refuse(const error& why) {
  // A client in the middle of a handshake, or one that cancels, reads no message; one that failed
  // has its own.
  const bool deaf = step_ == step::handshake || step_ == step::cancelling || step_ == step::failed;
  auto out = take_output();
  failure_ = why;
  step_ = step::failed;
  return deaf ? out : out + error_response(why);
}

std::string client_login::take_output() {
  return std::exchange(output_, {});
}

login_want client_login::fail(error why) {
  failure_ = std::move(why);
  output_ += error_response(failure_);
  step_ = step::failed;
  return login_want::failed;
}

}  // namespace skein::postgres
