// A cancel request on its way to a server, over a connection of its own. It has no answer: the
// server closes when the signal has been sent, which the carrier awaits.
#pragma once

#include <string>

#include "backends/backend.hpp"
#include "backends/login.hpp"
#include "backends/postgres/tls_offer.hpp"

namespace skein::postgres {

class cancel_login final : public skein::server_login {
 public:
  cancel_login(const server_login_settings& how, cancel_key key);

  login_want advance(byte_view& input) override;
  login_want encrypted(const tls_facts& facts) override;
  std::string take_output() override;
  const server_greeting& greeting() const override { return greeting_; }
  const error& failure() const override { return failure_; }

 private:
  enum class step : std::uint8_t { starting, offered, handshake, sent, failed };
  login_want send();
  login_want fail(error why);

  tls_offer offer_;
  cancel_key key_;
  step step_ = step::starting;
  server_greeting greeting_ = {};
  std::string output_ = {};
  error failure_ = {};
};

}  // namespace skein::postgres
