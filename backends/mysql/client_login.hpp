// A client signs in to us: the greeting, encryption, the client's answer, a proof of its password
// by the method that it or what we know of it asks for. Pure; the carrier in proxy/ moves the bytes
// and keeps the deadline.
//
// A client does not wait for consent to TLS: what stands behind its request is its handshake. When
// `tls` is wanted, that is still in the input and belongs to the handshake.
//
// On a connection that has had a session it begins with COM_CHANGE_USER; what was agreed on stays.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/backend.hpp"
#include "backends/login.hpp"
#include "backends/mysql/greeting.hpp"
#include "backends/mysql/login_shared.hpp"
#include "backends/mysql/stored_password.hpp"

namespace skein::mysql {

class client_login final : public skein::client_login {
 public:
  client_login(const client_login_settings& how, login_shared& shared);
  client_login(const client_login_settings& how, login_shared& shared, const login_request& before,
               const tls_facts& facts);

  login_want advance(byte_view& input) override;
  login_want encrypted(const tls_facts& facts) override;
  login_want credential(std::optional<credentials> known) override;
  wiped take_proven() override;
  std::string welcome(std::string_view told, const cancel_key& own) override;
  std::unique_ptr<wire_coder> take_coder() override;
  std::size_t secret_bytes() const override { return 0; }  // KILL names a connection, no secret
  std::string refuse(const error& why) override;
  bool stays_as_it_was() const override;

  std::string take_output() override;
  const login_request& request() const override { return request_; }
  const cancel_key& cancelled() const override { return nobody_; }
  const error& failure() const override { return failure_; }

 private:
  enum class step : std::uint8_t {
    starting,
    change,      // COM_CHANGE_USER is due
    response,    // the answer to the greeting is due, or a request for TLS
    handshake,   // TLS is due
    looking_up,  // the carrier owes us a credential
    proof,       // an answer to AuthSwitchRequest is due
    full,        // the password itself is due, or a request for the key to hide it under
    admitted,
    failed,
  };
  void greet();
  result<std::optional<byte_view>> take(byte_view& input);
  login_want take_response(byte_view& input);
  login_want begin_session(byte_view body);
  login_want begin_next_session(byte_view body);
  login_want begin(handshake_response said);
  auth_plugin clients_own() const;
  auth_plugin wanted_of(const std::optional<credentials>& known) const;
  bool has_spoken() const;
  login_want ask_by_plugin();
  login_want judge(std::string_view proof);
  login_want judge_signature(std::string_view signature);
  login_want ask_for_password();
  login_want take_password(byte_view body);
  login_want check_password(std::string_view password);
  std::optional<wiped> password_in(byte_view body);
  login_want admit();
  login_want deny(bool using_password, std::string_view detail = "wrong password");
  login_want fail(error why);
  bool private_channel() const { return facts_.encrypted || how_.unix_socket; }
  std::uint8_t next() { return number_++; }

  client_login_settings how_;
  login_shared& shared_;
  step step_ = step::starting;
  bool again_ = false;       // its connection has had a session
  std::uint8_t number_ = 0;  // of the next packet, whoever sends it
  capability_set offered_ = 0;
  capability_set agreed_ = 0;
  tls_facts facts_ = {};
  std::string nonce_ = {};
  std::string signed_nonce_ = {};  // of client_ed25519
  handshake_response said_ = {};
  login_request request_ = {};
  std::optional<proof_method> method_ = {};  // what the rules want, where there are any
  auth_plugin by_ = auth_plugin::other;
  std::optional<credentials> known_ = {};
  std::optional<stored_password> stored_ = {};
  bool believed_ = false;  // whatever is shown
  bool shown_ = false;     // a proof that is not empty
  bool key_shown_ = false;
  wiped proven_ = {};
  std::string output_ = {};
  error failure_ = {};
  cancel_key nobody_ = {};
};

}  // namespace skein::mysql
