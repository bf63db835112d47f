// We sign in to a server: encryption, start-up, SCRAM or an older method, and what the server says
// of itself before its first ReadyForQuery. Pure, like client_login.
//
// Protocol 3.0 is asked for: 3.2 brings longer cancel keys alone, and poolers in between refuse it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/backend.hpp"
#include "backends/login.hpp"
#include "backends/postgres/message.hpp"
#include "backends/postgres/scram_client.hpp"
#include "backends/postgres/tls_offer.hpp"

namespace skein::postgres {

class server_login final : public skein::server_login {
 public:
  server_login(const server_login_settings& how, scram_shared& shared);

  login_want advance(byte_view& input) override;
  login_want encrypted(const tls_facts& facts) override;
  std::string take_output() override;
  const server_greeting& greeting() const override { return greeting_; }
  const error& failure() const override { return failure_; }

 private:
  enum class step : std::uint8_t {
    starting,
    offered,         // SSLRequest is sent
    handshake,       // TLS is due
    authenticating,  // until AuthenticationOk
    greeting,        // until ReadyForQuery
    admitted,
    failed,
  };
  void start_session();
  login_want take_messages(byte_view& input);
  result<void> take_one(const message& one);
  result<void> authenticate(field_reader body);
  std::unexpected<error> cannot_answer(std::string_view method) const;
  result<void> want_password(std::string_view method) const;
  result<void> start_scram(channel_binding binding);
  std::string whom() const;
  error not_that_secret() const;
  result<void> answer_cleartext();
  result<void> answer_md5(field_reader body);
  result<void> begin_sasl(field_reader body);
  result<void> take_key(field_reader body);
  result<void> take_parameter(field_reader body);
  result<void> take_negotiation(field_reader body);
  bool private_channel() const { return facts_.encrypted || how_.unix_socket; }
  login_want fail(error why);

  server_login_settings how_;
  scram_shared& shared_;
  tls_offer offer_;
  step step_ = step::starting;
  tls_facts facts_ = {};
  std::optional<scram_client> scram_ = {};
  bool proven_ = true;  // false from the start of a SCRAM exchange until the server's own proof
  server_greeting greeting_ = {};
  std::string output_ = {};
  error failure_ = {};
};

}  // namespace skein::postgres
