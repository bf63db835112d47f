#include "backends/postgres/scram_server.hpp"

#include "backends/postgres/scram_text.hpp"
#include "net/secret.hpp"

namespace skein::postgres {

namespace {

constexpr std::string_view binding_type = "tls-server-end-point";

std::unexpected<error> malformed(std::string_view what) {
  return failure(error_kind::protocol, fault::client,
                 "malformed SCRAM message: " + std::string(what));
}

}  // namespace

scram_server::scram_server(scram_shared& shared, std::string user,
                           std::optional<std::string> password, std::string salt,
                           std::string endpoint_hash, bool derives_keys)
    : shared_(shared),
      user_(std::move(user)),
      password_(std::move(password)),
      endpoint_hash_(std::move(endpoint_hash)),
      derives_keys_(derives_keys),
      salt_(std::move(salt)) {}

scram_server::scram_server(scram_shared& shared, std::string user, scram_secret secret,
                           std::string endpoint_hash)
    : shared_(shared),
      user_(std::move(user)),
      secret_(std::move(secret)),
      endpoint_hash_(std::move(endpoint_hash)),
      salt_(secret_->salt) {}

// gs2-header of RFC 5802: what the client thinks of channel binding, and no authorization identity.
// A client that could bind but believes that we cannot ('y') has been lied to when we offered it.
result<std::string_view> scram_server::take_gs2_header(std::string_view client_first, bool plus) {
  auto rest = client_first;
  if (rest.starts_with("p=")) {
    if (take_attribute(rest, 'p') != binding_type)
      return failure(error_kind::unsupported, fault::client,
                     "the only channel binding offered is " + std::string(binding_type));
    if (!plus) return malformed("it asks for channel binding with a mechanism that has none");
  } else if (rest.starts_with("n,") || rest.starts_with("y,")) {
    if (plus) return malformed("the mechanism wants channel binding, the message declines it");
    if (rest.front() == 'y' && offers_binding())
      return failure(error_kind::login, fault::client,
                     "SCRAM channel binding negotiation failed: the offer of channel binding did "
                     "not reach the client; something between may have removed it");
    rest.remove_prefix(2);
  } else {
    return malformed("it says nothing of channel binding");
  }
  if (!rest.starts_with(','))
    return failure(error_kind::unsupported, fault::client,
                   "an authorization identity in SCRAM is not supported");
  rest.remove_prefix(1);
  binding_ = client_first.substr(0, client_first.size() - rest.size());
  if (plus) binding_ += endpoint_hash_;
  return rest;
}

result<std::string> scram_server::begin(std::string_view mechanism, std::string_view client_first) {
  const bool plus = mechanism == scram_sha_256_plus;
  if ((!plus && mechanism != scram_sha_256) || (plus && !offers_binding()))
    return failure(error_kind::protocol, fault::client,
                   "the client chose an authentication mechanism that was not offered");
  auto bare = take_gs2_header(client_first, plus);
  if (!bare) return std::unexpected(std::move(bare.error()));
  client_first_bare_ = *bare;

  auto rest = *bare;
  if (rest.starts_with("m="))
    return failure(error_kind::unsupported, fault::client, "the client wants a SCRAM extension");
  // The name in here is ignored, as PostgreSQL does: the start-up packet has named the user.
  if (!take_attribute(rest, 'n')) return malformed("no user name");
  const auto client_nonce = take_attribute(rest, 'r');
  if (!client_nonce || !is_nonce(*client_nonce)) return malformed("no nonce");

  nonce_ = std::string(*client_nonce) + shared_.nonce();
  const auto iterations = secret_ ? secret_->iterations : shared_.iterations;
  server_first_ = "r=" + nonce_ + ",s=" + base64(salt_) + ",i=" + std::to_string(iterations);
  return server_first_;
}

// For an unknown user keys are derived if they are for a known one, from nothing that anybody could
// type, so that neither the first attempt nor a later one tells by its time.
scram_keys scram_server::keys() const {
  if (secret_) return {{}, secret_->stored_key, secret_->server_key};
  if (password_) return shared_.known.keys_of(*password_, salt_, shared_.iterations);
  if (!derives_keys_) return {};
  return shared_.unknown.keys_of(shared_.salt_secret, salt_, shared_.iterations);
}

result<std::string> scram_server::finish(std::string_view client_final) {
  auto rest = client_final;
  const auto binding = take_attribute(rest, 'c');
  const auto nonce = take_attribute(rest, 'r');
  if (!binding || !nonce) return malformed("channel binding and nonce are due");
  const auto proof_at = client_final.rfind(",p=");
  if (proof_at == std::string_view::npos) return malformed("no proof");
  auto proof_text = client_final.substr(proof_at + 1);
  const auto proof_base64 = take_attribute(proof_text, 'p');
  const auto proof = proof_base64 ? from_base64(*proof_base64) : std::nullopt;
  if (!proof || !proof_text.empty() || proof->size() != sha256_digest{}.size())
    return malformed("no proof of 32 bytes at its end");
  if (!net::equal_in_constant_time(*nonce, nonce_))
    return malformed("the nonce is not the one agreed on");
  if (const auto bound = from_base64(*binding);
      !bound || !net::equal_in_constant_time(*bound, binding_))
    return failure(error_kind::login, fault::client,
                   "SCRAM channel binding check failed: the client sees another certificate than "
                   "ours at the end of its connection");

  const auto known = keys();
  const auto auth_message = client_first_bare_ + "," + server_first_ + "," +
                            std::string(client_final.substr(0, proof_at));
  const auto signature = hmac_sha256(as_text(known.stored_key), auth_message);
  auto client_key = exclusive_or(signature, *proof);
  const bool holds =
      net::equal_in_constant_time(as_text(sha256(as_text(client_key))), as_text(known.stored_key));
  const bool exists = password_ || secret_;
  if (holds && secret_) client_key_ = wiped(as_text(client_key));
  wipe(client_key);
  if (!holds || !exists) {
    auto why = error{error_kind::login, fault::client, "28P01",
                     "password authentication failed for user \"" + user_ + "\"",
                     exists ? "wrong password" : "no such user"};
    return std::unexpected(std::move(why));
  }
  return "v=" + base64(as_text(hmac_sha256(as_text(known.server_key), auth_message)));
}

}  // namespace skein::postgres
