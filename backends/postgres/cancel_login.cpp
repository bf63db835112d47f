#include "backends/postgres/cancel_login.hpp"

#include <utility>

#include "backends/postgres/startup.hpp"

namespace skein::postgres {

cancel_login::cancel_login(const server_login_settings& how, cancel_key key)
    : offer_(how.tls, how.unix_socket), key_(std::move(key)) {}

login_want cancel_login::advance(byte_view& input) {
  if (step_ == step::starting) {
    if (!offer_.wanted()) return send();
    output_ += tls_request();
    step_ = step::offered;
  }
  if (step_ == step::offered) {
    auto verdict = offer_.take_answer(input);
    if (!verdict) return fail(std::move(verdict.error()));
    if (*verdict == tls_verdict::waiting) return login_want::input;
    if (*verdict == tls_verdict::go_on_plain) return send();
    step_ = step::handshake;
  }
  if (step_ == step::handshake) return login_want::tls;
  return step_ == step::sent ? login_want::admitted : login_want::failed;
}

login_want cancel_login::encrypted(const tls_facts& /*facts*/) {
  if (step_ == step::handshake) return send();
  return fail(error{error_kind::internal, fault::us, {}, "TLS was started unasked", {}});
}

std::string cancel_login::take_output() {
  return std::exchange(output_, {});
}

login_want cancel_login::send() {
  output_ += cancel_request(key_);
  step_ = step::sent;
  return login_want::admitted;
}

login_want cancel_login::fail(error why) {
  failure_ = std::move(why);
  step_ = step::failed;
  return login_want::failed;
}

}  // namespace skein::postgres
