#include "backends/postgres/scram_client.hpp"

#include <algorithm>
#include <charconv>

#include "backends/postgres/scram_server.hpp"
#include "backends/postgres/scram_text.hpp"
#include "net/secret.hpp"

namespace skein::postgres {

namespace {

std::unexpected<error> malformed(std::string_view what) {
  return failure(error_kind::protocol, fault::server,
                 "the server's SCRAM message is malformed: " + std::string(what));
}

std::string header_for(channel_binding binding) {
  switch (binding) {
    case channel_binding::endpoint:
      return "p=tls-server-end-point,,";
    case channel_binding::not_offered:
      return "y,,";
    case channel_binding::unable:
      break;
  }
  return "n,,";
}

}  // namespace

scram_client::scram_client(scram_shared& shared, std::string password, channel_binding binding,
                           std::string endpoint_hash)
    : shared_(shared),
      password_(std::move(password)),
      binding_(binding),
      endpoint_hash_(std::move(endpoint_hash)),
      gs2_header_(header_for(binding)) {}

scram_client::scram_client(scram_shared& shared, scram_pass pass, channel_binding binding,
                           std::string endpoint_hash)
    : shared_(shared),
      pass_(std::move(pass)),
      binding_(binding),
      endpoint_hash_(std::move(endpoint_hash)),
      gs2_header_(header_for(binding)) {}

std::string_view scram_client::mechanism() const {
  return binding_ == channel_binding::endpoint ? scram_sha_256_plus : scram_sha_256;
}

// The user's name is left empty, as libpq does: the start-up message has it.
std::string scram_client::begin() {
  nonce_ = shared_.nonce();
  client_first_bare_ = "n=,r=" + nonce_;
  return gs2_header_ + client_first_bare_;
}

result<std::string> scram_client::answer(std::string_view server_first) {
  if (nonce_.empty() || proof_sent_) return malformed("it is out of order");
  auto rest = server_first;
  const auto nonce = take_attribute(rest, 'r');
  if (!nonce || !is_nonce(*nonce)) return malformed("no nonce");
  if (nonce->size() <= nonce_.size() || !nonce->starts_with(nonce_))
    return malformed("its nonce does not continue ours");
  const auto salt_text = take_attribute(rest, 's');
  const auto salt = salt_text ? from_base64(*salt_text) : std::nullopt;
  if (!salt || salt->empty()) return malformed("no salt");
  const auto count = take_attribute(rest, 'i');
  std::uint32_t iterations = 0;
  if (!count) return malformed("no iteration count");
  const char* const first = count->data();
  const char* const end = first + count->size();
  const auto [stopped, mistake] = std::from_chars(first, end, iterations);
  if (mistake != std::errc() || stopped != end || iterations == 0)
    return malformed("its iteration count is no number");
  if (auto found = find_keys(*salt, iterations); !found)
    return std::unexpected(std::move(found.error()));
  auto binding = gs2_header_;
  if (binding_ == channel_binding::endpoint) binding += endpoint_hash_;
  const auto without_proof = "c=" + base64(binding) + ",r=" + std::string(*nonce);
  auth_message_ = client_first_bare_ + "," + std::string(server_first) + "," + without_proof;
  const auto signature = hmac_sha256(as_text(keys_.stored_key), auth_message_);
  proof_sent_ = true;
  const auto proof = exclusive_or(keys_.client_key, as_text(signature));
  if (pass_) wipe(keys_.client_key);
  return without_proof + ",p=" + base64(as_text(proof));
}

result<void> scram_client::find_keys(std::string_view salt, std::uint32_t iterations) {
  if (pass_) {
    const auto& secret = pass_->secret;
    if (salt != secret.salt || iterations != secret.iterations) {
      return failure(error_kind::login, fault::us, "the server stores another SCRAM secret");
    }
    keys_.stored_key = secret.stored_key;
    keys_.server_key = secret.server_key;
    std::ranges::copy(pass_->client_key.view().substr(0, keys_.client_key.size()),
                      keys_.client_key.begin());
    return {};
  }
  if (iterations > iterations_max) {
    return failure(error_kind::limit, fault::server,
                   "the server asks for " + std::to_string(iterations) +
                       " SCRAM iterations, more than the " + std::to_string(iterations_max) +
                       " allowed: lower scram_iterations there and set the password again");
  }
  keys_ = shared_.known.keys_of(password_, salt, iterations);
  return {};
}

result<void> scram_client::finish(std::string_view server_final) {
  if (!proof_sent_) return malformed("it is out of order");
  auto rest = server_final;
  if (const auto refused = take_attribute(rest, 'e'))
    return failure(error_kind::login, fault::server,
                   "the server ended the SCRAM exchange: " + std::string(*refused));
  const auto proof = take_attribute(rest, 'v');
  const auto signature = proof ? from_base64(*proof) : std::nullopt;
  if (!signature) return malformed("no proof");
  const auto expected = hmac_sha256(as_text(keys_.server_key), auth_message_);
  if (!net::equal_in_constant_time(*signature, as_text(expected)))
    return failure(error_kind::login, fault::server,
                   "the server could not prove that it knows the password: it may be an impostor");
  return {};
}

}  // namespace skein::postgres
