// A cancel on its way to a server, over a connection of its own: it signs in and kills what the
// other connection runs. The carrier awaits that the server closes.
#pragma once

#include <string>

#include "backends/backend.hpp"
#include "backends/mysql/server_login.hpp"

namespace skein::mysql {

class cancel_login final : public skein::server_login {
 public:
  cancel_login(const server_login_settings& how, const cancel_key& key);

  login_want advance(byte_view& input) override { return behind(login_.advance(input)); }
  login_want encrypted(const tls_facts& facts) override { return behind(login_.encrypted(facts)); }
  std::string take_output() override;
  const server_greeting& greeting() const override { return login_.greeting(); }
  const error& failure() const override { return login_.failure(); }

 private:
  login_want behind(login_want wanted);

  mysql::server_login login_;
  std::uint32_t whom_;
  std::string output_ = {};
};

}  // namespace skein::mysql
