// A client signs in to us: encryption, start-up, SCRAM, and what a client must hear before its
// first query. Pure; the carrier in proxy/ moves the bytes and keeps the deadline.
#pragma once

#include <optional>
#include <string>

#include "backends/backend.hpp"
#include "backends/login.hpp"
#include "backends/postgres/message.hpp"
#include "backends/postgres/scram_server.hpp"
#include "backends/postgres/startup.hpp"

namespace skein::postgres {

class client_login final : public skein::client_login {
 public:
  client_login(const client_login_settings& how, scram_shared& shared);

  login_want advance(byte_view& input) override;
  login_want encrypted(const tls_facts& facts) override;
  login_want credential(std::optional<credentials> known) override;
  wiped take_proven() override;
  std::string welcome(std::string_view told, const cancel_key& own) override;
  std::size_t secret_bytes() const override;
  std::string refuse(const error& why) override;

  std::string take_output() override;
  const login_request& request() const override { return asked_.request; }
  const cancel_key& cancelled() const override { return asked_.key; }
  const error& failure() const override { return failure_; }

 private:
  enum class step : std::uint8_t {
    opening,     // a packet without a type is due
    handshake,   // TLS is due
    looking_up,  // the carrier owes us a credential
    first,       // SASLInitialResponse is due
    final,       // SASLResponse is due
    hashed,      // the answer to an md5 challenge is due
    admitted,
    cancelling,
    failed,
  };
  login_want take_opening(byte_view& input);
  login_want answer_tls_request(byte_view rest);
  login_want answer_gss_request();
  login_want begin_session();
  bool asks_for_md5(const std::optional<credentials>& known) const;
  login_want take_sasl(byte_view& input);
  result<void> answer_sasl(byte_view body);
  login_want ask_for_md5(std::optional<credentials> known);
  login_want take_md5(byte_view& input);
  login_want fail(error why);

  client_login_settings how_;
  scram_shared& shared_;
  step step_ = step::opening;
  bool tls_asked_ = false;
  bool gss_asked_ = false;
  tls_facts facts_ = {};
  startup_packet asked_ = {};
  std::optional<scram_server> scram_ = {};
  std::optional<proof_method> proof_ = {};  // what the rules want, where there are any
  std::optional<credentials> hashed_ = {};  // who is verified by md5, and by this salt
  std::string salt_ = {};
  std::string output_ = {};
  error failure_ = {};
};

}  // namespace skein::postgres
