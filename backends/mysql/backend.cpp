#include "backends/mysql/backend.hpp"

#include "backends/mysql/cancel_login.hpp"
#include "backends/mysql/catalog_reader.hpp"
#include "backends/mysql/client_login.hpp"
#include "backends/mysql/commits.hpp"
#include "backends/mysql/console_talk.hpp"
#include "backends/mysql/conversation.hpp"
#include "backends/mysql/directory.hpp"
#include "backends/mysql/grants.hpp"
#include "backends/mysql/memory.hpp"
#include "backends/mysql/observer.hpp"
#include "backends/mysql/orphans.hpp"
#include "backends/mysql/roles.hpp"
#include "backends/mysql/server_login.hpp"
#include "backends/mysql/stored_password.hpp"
#include "backends/mysql/transaction_conversation.hpp"
#include "backends/mysql/wire_session.hpp"

namespace skein::mysql {

std::string backend::socket_path(const member_address& address) const {
  return socket_path_of(address);
}

std::expected<credentials, std::string> backend::credentials_of(std::string user,
                                                                std::string stored) const {
  return mysql::credentials_of(std::move(user), std::move(stored));
}

std::unique_ptr<skein::client_login> backend::receive_login(
    const client_login_settings& how) const {
  return std::make_unique<client_login>(how, shared_);
}

std::unique_ptr<skein::client_login> backend::receive_login_again(const client_login_settings& how,
                                                                  const login_request& before,
                                                                  const tls_facts& facts) const {
  return std::make_unique<client_login>(how, shared_, before, facts);
}

std::unique_ptr<skein::server_login> backend::start_login(const server_login_settings& how) const {
  return std::make_unique<server_login>(how);
}

// What programs say of themselves is their own: a process id in it would keep each from the
// connections of all others.
//
// Pooled by transactions a server reports its sessions' state, whoever has asked for that.
login_request backend::shared_request(pool_mode mode, const login_request& asked) const {
  client_traits traits = read_traits(asked);
  traits.attributes.clear();
  traits.nonce.clear();
  traits.agreed.reset();
  if (mode != pool_mode::session)
    traits.shaped = traits.shaped.value_or(0) | capability::session_track;
  login_request shared{.user = asked.user, .database = asked.database, .parameters = {}};
  write_traits(traits, shared);
  return shared;
}

std::unique_ptr<skein::core_memory> backend::make_core_memory(bool) const {
  return std::make_unique<core_memory>();
}

// Nobody listens on this wire.
std::unique_ptr<skein::announcer> backend::make_announcer() const {
  return nullptr;
}

std::unique_ptr<skein::server_memory> backend::make_server_memory(
    const server_greeting& said) const {
  return std::make_unique<server_memory>(said);
}

std::unique_ptr<skein::conversation> backend::start_conversation(pool_mode mode,
                                                                 const login_request& asked,
                                                                 skein::core_memory& shared) const {
  if (mode != pool_mode::session)
    return std::make_unique<transaction_conversation>(mode, asked,
                                                      static_cast<core_memory&>(shared));
  return std::make_unique<conversation>(asked);
}

std::unique_ptr<skein::console_talk> backend::start_console(const login_request& asked) const {
  return std::make_unique<console_talk>(asked);
}

std::string backend::application_of(const login_request& asked) const {
  for (const auto& [name, value] : read_traits(asked).attributes)
    if (name == "program_name") return value;
  return {};
}

std::unique_ptr<skein::server_login> backend::start_cancel(const server_login_settings& how,
                                                           const cancel_key& key) const {
  return std::make_unique<cancel_login>(how, key);
}

std::unique_ptr<skein::observer> backend::start_observer(const observer_settings& how) const {
  return make_observer(how);
}

std::unique_ptr<commit_inquiry> backend::inquire_commits(const observer_settings& how) const {
  return make_commit_inquiry(how);
}

std::unique_ptr<skein::role_changer> backend::change_roles(const role_settings& how) const {
  return make_role_changer(how);
}

std::unique_ptr<orphan_writer> backend::write_orphans(const rejoin_settings& how) const {
  return make_orphan_writer(how);
}

std::unique_ptr<skein::catalog_reader> backend::open_catalog(const catalog_settings& how) const {
  return make_catalog_reader(how);
}

std::unique_ptr<skein::directory> backend::open_directory(const directory_settings& how) const {
  return make_directory(how);
}

std::string backend::grants_for(grants_feature what, const grants_request& who) const {
  return mysql::grants_for(what, who);
}

}  // namespace skein::mysql
