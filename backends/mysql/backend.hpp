// MySQL and MariaDB, as the factory that the registry hands out. One object serves all cores.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "backends/backend.hpp"
#include "backends/mysql/login_shared.hpp"

namespace skein::mysql {

class backend final : public skein::backend {
 public:
  std::string_view name() const override { return "mysql"; }
  std::uint16_t default_port() const override { return 3306; }
  std::string socket_path(const member_address& address) const override;

  std::expected<credentials, std::string> credentials_of(std::string user,
                                                         std::string stored) const override;
  bool compresses() const override { return true; }
  bool names_sessions_early() const override { return true; }
  std::unique_ptr<skein::client_login> receive_login(
      const client_login_settings& how) const override;
  std::unique_ptr<skein::client_login> receive_login_again(const client_login_settings& how,
                                                           const login_request& before,
                                                           const tls_facts& facts) const override;
  std::unique_ptr<skein::server_login> start_login(const server_login_settings& how) const override;
  login_request shared_request(pool_mode mode, const login_request& asked) const override;
  std::unique_ptr<skein::core_memory> make_core_memory(bool shares_announcements) const override;
  std::unique_ptr<skein::announcer> make_announcer() const override;
  std::unique_ptr<skein::server_memory> make_server_memory(
      const server_greeting& said) const override;
  std::unique_ptr<skein::conversation> start_conversation(
      pool_mode mode, const login_request& asked, skein::core_memory& shared) const override;
  std::unique_ptr<skein::console_talk> start_console(const login_request& asked) const override;
  std::string application_of(const login_request& asked) const override;
  std::unique_ptr<skein::server_login> start_cancel(const server_login_settings& how,
                                                    const cancel_key& key) const override;
  std::unique_ptr<skein::observer> start_observer(const observer_settings& how) const override;
  std::unique_ptr<commit_inquiry> inquire_commits(const observer_settings& how) const override;
  std::unique_ptr<role_changer> change_roles(const role_settings& how) const override;
  std::unique_ptr<orphan_writer> write_orphans(const rejoin_settings& how) const override;
  std::unique_ptr<skein::catalog_reader> open_catalog(const catalog_settings& how) const override;
  std::unique_ptr<skein::directory> open_directory(const directory_settings& how) const override;
  std::string grants_for(grants_feature what, const grants_request& who) const override;

 private:
  mutable login_shared shared_;
};

}  // namespace skein::mysql
