#include "backends/postgres/server_login.hpp"

#include <algorithm>
#include <utility>

#include "backends/postgres/errors.hpp"
#include "backends/postgres/md5.hpp"
#include "backends/postgres/scram_server.hpp"
#include "backends/postgres/startup.hpp"

namespace skein::postgres {

namespace {

constexpr std::uint32_t login_length_max = 64 * 1024;
// ReadyForQuery is due after some fourteen settings.
constexpr std::size_t settings_max = 1000;

std::unexpected<error> server_mistake(std::string text, std::string detail = {}) {
  return skein::failure(error_kind::protocol, fault::server, std::move(text), std::move(detail));
}

}  // namespace

server_login::server_login(const server_login_settings& how, scram_shared& shared)
    : how_(how), shared_(shared), offer_(how.tls, how.unix_socket) {}

login_want server_login::advance(byte_view& input) {
  if (step_ == step::starting) {
    if (!offer_.wanted()) {
      start_session();
    } else {
      output_ += tls_request();
      step_ = step::offered;
    }
  }
  if (step_ == step::offered) {
    auto verdict = offer_.take_answer(input);
    if (!verdict) return fail(std::move(verdict.error()));
    if (*verdict == tls_verdict::waiting) return login_want::input;
    if (*verdict == tls_verdict::go_on_plain) {
      start_session();
    } else {
      step_ = step::handshake;
    }
  }
  if (step_ == step::handshake) return login_want::tls;
  if (step_ == step::admitted) return login_want::admitted;
  if (step_ == step::failed) return login_want::failed;
  return take_messages(input);
}

login_want server_login::encrypted(const tls_facts& facts) {
  if (step_ != step::handshake)
    return fail(error{error_kind::internal, fault::us, {}, "TLS was started unasked", {}});
  facts_ = facts;
  facts_.encrypted = true;
  start_session();
  return login_want::input;
}

void server_login::start_session() {
  auto request = how_.request;
  request.user = how_.who.user;  // the one whose password we have
  output_ += startup_message(request);
  step_ = step::authenticating;
}

login_want server_login::take_messages(byte_view& input) {
  while (step_ != step::admitted) {
    auto taken = take_message(input, login_length_max, fault::server);
    if (!taken) return fail(std::move(taken.error()));
    if (!*taken) return login_want::input;
    if (auto done = take_one(**taken); !done) return fail(std::move(done.error()));
  }
  return login_want::admitted;
}

result<void> server_login::take_one(const message& one) {
  const field_reader body(one.body);
  if (one.type == from_backend::error_response)
    return std::unexpected(read_error_response(one.body));
  if (one.type == from_backend::notice) return {};
  if (step_ == step::authenticating) {
    if (one.type == from_backend::authentication) return authenticate(body);
    if (one.type == from_backend::negotiate_version) return take_negotiation(body);
  } else {
    if (one.type == from_backend::parameter_status) return take_parameter(body);
    if (one.type == from_backend::key_data) return take_key(body);
    if (one.type == from_backend::ready) {
      step_ = step::admitted;
      return {};
    }
  }
  return server_mistake("the server sent a message that has no place in a login",
                        "type byte " + std::to_string(static_cast<unsigned char>(one.type)));
}

result<void> server_login::authenticate(field_reader body) {
  const auto request = static_cast<auth_request>(body.u32());
  if (body.failed()) return server_mistake("the server's authentication request is cut short");
  const bool in_scram = scram_.has_value();
  switch (request) {
    case auth_request::ok:
      if (!proven_)
        return server_mistake("the server ended the SCRAM exchange without its own proof");
      step_ = step::greeting;
      return {};
    case auth_request::cleartext:
      if (in_scram) break;
      return answer_cleartext();
    case auth_request::md5:
      if (in_scram) break;
      return answer_md5(body);
    case auth_request::sasl:
      if (in_scram) break;
      return begin_sasl(body);
    case auth_request::sasl_continue: {
      if (!in_scram) break;
      auto answer = scram_->answer(body.rest());
      if (!answer && answer.error().whose == fault::us) return std::unexpected(not_that_secret());
      if (!answer) return std::unexpected(std::move(answer.error()));
      message_writer(output_).begin(from_frontend::password).raw(*answer).end();
      return {};
    }
    case auth_request::sasl_final: {
      if (!in_scram) break;
      auto checked = scram_->finish(body.rest());
      proven_ = checked.has_value();
      return checked;
    }
    default:
      return skein::failure(error_kind::unsupported, fault::server,
                            "the server asks for an authentication method that is not supported (" +
                                std::to_string(static_cast<std::uint32_t>(request)) +
                                "): use scram-sha-256 for this user in its pg_hba.conf");
  }
  return server_mistake("the server's authentication requests are out of order");
}

std::string server_login::whom() const {
  return how_.member.empty() ? "the server" : "member \"" + how_.member + "\"";
}

// Of what a server stores in a password's stead each kind answers one method.
std::unexpected<error> server_login::cannot_answer(std::string_view method) const {
  const bool hash = is_md5_hash(how_.who.verifier);
  return std::unexpected(
      error{error_kind::login,
            fault::us,
            "28P01",
            whom() + " asks for " + std::string(method) + ", and of user \"" + how_.who.user +
                "\" only the " + (hash ? "md5 hash" : "SCRAM secret") +
                " is known, which cannot answer: use " + (hash ? "md5" : "scram-sha-256") +
                " for the user in its pg_hba.conf and store the same there, or give Skein the "
                "password",
            {}});
}

result<void> server_login::want_password(std::string_view method) const {
  if (!how_.who.password.empty()) return {};
  if (!how_.who.verifier.empty()) return cannot_answer(method);
  auto why = error{
      error_kind::login,
      fault::us,
      "28P01",
      "the server asks for a password, and none is configured for user \"" + how_.who.user + "\"",
      {}};
  return std::unexpected(std::move(why));
}

result<void> server_login::answer_cleartext() {
  if (!private_channel())
    return skein::failure(
        error_kind::unsupported, fault::server,
        "the server asks for the password in clear text over an unencrypted "
        "connection: turn TLS on for it, or use scram-sha-256 in its pg_hba.conf");
  if (auto has = want_password("the password in clear text"); !has) return has;
  message_writer(output_).begin(from_frontend::password).text(how_.who.password).end();
  return {};
}

result<void> server_login::answer_md5(field_reader body) {
  const auto salt = body.raw(4);
  if (body.failed()) return server_mistake("the server's md5 request has no salt");
  if (!is_md5_hash(how_.who.verifier)) {
    if (auto has = want_password("md5"); !has) return has;
  }
  const auto answer = md5_answer(how_.who, salt);
  if (!answer)
    return skein::failure(
        error_kind::unsupported, fault::us,
        "the server asks for md5, which this machine's cryptographic policy forbids: "
        "use scram-sha-256 in its pg_hba.conf");
  message_writer(output_).begin(from_frontend::password).text(*answer).end();
  return {};
}

result<void> server_login::begin_sasl(field_reader body) {
  bool plain = false;
  bool plus = false;
  for (auto name = body.text(); !name.empty(); name = body.text()) {
    plain = plain || name == scram_sha_256;
    plus = plus || name == scram_sha_256_plus;
  }
  if (body.failed()) return server_mistake("the server's list of mechanisms has no end");
  if (plus && !facts_.encrypted)
    return server_mistake("the server offers channel binding on an unencrypted connection");

  const bool able = facts_.encrypted && !facts_.endpoint_hash.empty();
  auto binding = channel_binding::unable;
  if (able) binding = plus ? channel_binding::endpoint : channel_binding::not_offered;
  if (!plain && binding != channel_binding::endpoint)
    return skein::failure(
        error_kind::unsupported, fault::server,
        "the server offers no SASL mechanism that is supported: SCRAM-SHA-256 is");

  if (auto started = start_scram(binding); !started) return started;
  proven_ = false;
  const auto first = scram_->begin();
  message_writer message(output_);
  message.begin(from_frontend::password).text(scram_->mechanism());
  message.u32(static_cast<std::uint32_t>(first.size())).raw(first);
  message.end();
  return {};
}

result<void> server_login::start_scram(channel_binding binding) {
  const auto& who = how_.who;
  auto secret = read_scram_secret(who.verifier);
  if (!secret || !who.password.empty()) {
    if (auto has = want_password("SCRAM"); !has) return has;
    scram_.emplace(shared_, who.password, binding, facts_.endpoint_hash);
    return {};
  }
  if (who.proven.empty())
    return std::unexpected(error{
        error_kind::login,
        fault::us,
        "28P01",
        whom() + " asks for a password, and of user \"" + who.user +
            "\" only the SCRAM secret is known: it serves clients that log in to Skein by SCRAM",
        {}});
  scram_.emplace(shared_, scram_pass{std::move(*secret), who.proven}, binding,
                 facts_.endpoint_hash);
  return {};
}

// The server's salt tells whether it stores the secret that our client has proved to fit.
error server_login::not_that_secret() const {
  return {
      error_kind::login,
      fault::us,
      "28P01",
      whom() + " stores another SCRAM secret for user \"" + how_.who.user +
          "\" than Skein has: give Skein the one in its pg_authid, or store Skein's there with "
          "ALTER ROLE ... PASSWORD; all members must have the same. If it was changed just now, "
          "connect again",
      {}};
}

// Servers that know no newer protocol than ours, or lack an option, say so; nothing of that kind
// was asked for, so that only another major version would matter.
result<void> server_login::take_negotiation(field_reader body) {
  const auto version = body.u32();
  if (body.failed() || version >> 16 != 3)
    return server_mistake("the server proposes a protocol that is not 3",
                          "version " + std::to_string(version));
  return {};
}

result<void> server_login::take_parameter(field_reader body) {
  const auto name = body.text();
  const auto value = body.text();
  if (body.failed()) return server_mistake("a ParameterStatus of the server is cut short");
  auto& known = greeting_.parameters;
  const auto same = std::ranges::find(known, name, [](const auto& one) { return one.first; });
  if (same != known.end()) {
    same->second = value;
  } else if (known.size() < settings_max) {
    known.emplace_back(name, value);
  } else {
    return server_mistake("the server reports settings without end");
  }
  return {};
}

result<void> server_login::take_key(field_reader body) {
  greeting_.key.id = body.u32();
  greeting_.key.secret = body.rest();
  const auto size = greeting_.key.secret.size();
  if (body.failed() || size < short_secret_bytes || size > secret_bytes_max)
    return server_mistake("the server's cancel key has a length that it cannot have",
                          std::to_string(size) + " bytes");
  return {};
}

std::string server_login::take_output() {
  return std::exchange(output_, {});
}

login_want server_login::fail(error why) {
  failure_ = std::move(why);
  step_ = step::failed;
  return login_want::failed;
}

}  // namespace skein::postgres
