// We sign in to a server: its greeting, encryption, our answer, and a proof of the password by the
// method that the server asks for. Pure, like client_login.
//
// What the client has agreed on with us is asked of the server, as far as it has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/backend.hpp"
#include "backends/login.hpp"
#include "backends/mysql/greeting.hpp"
#include "backends/mysql/replies.hpp"
#include "backends/mysql/stored_password.hpp"

namespace skein::mysql {

class server_login final : public skein::server_login {
 public:
  explicit server_login(const server_login_settings& how);

  login_want advance(byte_view& input) override;
  login_want encrypted(const tls_facts& facts) override;
  std::string take_output() override;
  const server_greeting& greeting() const override { return greeting_; }
  std::unique_ptr<wire_coder> take_coder() override;
  const error& failure() const override { return failure_; }

 private:
  enum class step : std::uint8_t {
    greeting,   // the server speaks first
    handshake,  // TLS is due
    proving,    // until OK
    key,        // the server's public key is due
    admitted,
    failed,
  };
  result<void> take_one(byte_view body, bool more_behind);
  result<void> take_greeting(byte_view body, bool more_behind);
  void answer_greeting();
  void tell_greeting();
  result<void> take_switch(byte_view body);
  result<void> take_more(byte_view body);
  result<void> show_password();
  result<void> sign();
  result<void> hide_password(std::string_view public_pem);
  result<void> take_ok(byte_view body);
  bool knows_nothing() const;
  std::optional<wiped> key_for(auth_plugin by) const;
  result<wiped> proof_for(auth_plugin by) const;
  std::string_view plain_password() const;
  error cannot_answer(std::string_view method) const;
  std::string whom() const;
  bool private_channel() const { return facts_.encrypted || how_.unix_socket; }
  std::uint8_t next() { return number_++; }
  login_want fail(error why);

  server_login_settings how_;
  std::optional<stored_password> stored_;
  step step_ = step::greeting;
  std::uint8_t number_ = 0;  // of the next packet, whoever sends it
  tls_facts facts_ = {};
  initial_greeting told_ = {};
  handshake_response ours_ = {};
  std::string nonce_ = {};
  auth_plugin by_ = auth_plugin::other;
  unsigned switches_ = 0;
  server_greeting greeting_ = {};
  std::string output_ = {};
  error failure_ = {};
};

}  // namespace skein::mysql
