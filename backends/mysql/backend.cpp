#include "backends/mysql/backend.hpp"

#include "backends/mysql/cancel_login.hpp"
#include "backends/mysql/client_login.hpp"
#include "backends/mysql/console_talk.hpp"
#include "backends/mysql/conversation.hpp"
#include "backends/mysql/grants.hpp"
#include "backends/mysql/memory.hpp"
#include "backends/mysql/observer.hpp"
#include "backends/mysql/server_login.hpp"
#include "backends/mysql/stored_password.hpp"
#include "backends/mysql/wire_session.hpp"

namespace skein::mysql {

std::string backend::socket_path(const member_address& address) const {
  return socket_path_of(address);
}

std::string backend::lacks(const wanted_features& what) const {
  if (what.mode != pool_mode::session)
    return "pool.mode: this engine is pooled by session so far; write pool: {mode: session}";
  if (what.looks_users_up)
    return "auth_query: users of this engine are not looked up so far; write them into users";
  return {};
}

std::expected<credentials, std::string> backend::credentials_of(std::string user,
                                                                std::string stored) const {
  return mysql::credentials_of(std::move(user), std::move(stored));
}

std::unique_ptr<skein::client_login> backend::receive_login(
    const client_login_settings& how) const {
  return std::make_unique<client_login>(how, shared_);
}

std::unique_ptr<skein::server_login> backend::start_login(const server_login_settings& how) const {
  return std::make_unique<server_login>(how);
}

// What programs say of themselves is their own: a process id in it would keep each from the
// connections of all others.
login_request backend::shared_request(pool_mode, const login_request& asked) const {
  client_traits traits = read_traits(asked);
  traits.attributes.clear();
  if (traits.shaped) traits.shaped = shaping(*traits.shaped);
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

std::unique_ptr<skein::conversation> backend::start_conversation(pool_mode,
                                                                 const login_request& asked,
                                                                 skein::core_memory&) const {
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

// Nothing asks for definitions before statements are read.
std::unique_ptr<skein::catalog_reader> backend::open_catalog(const catalog_settings&) const {
  return nullptr;
}

std::unique_ptr<skein::directory> backend::open_directory(const directory_settings&) const {
  return nullptr;
}

std::string backend::grants_for(grants_feature what, const grants_request& who) const {
  return mysql::grants_for(what, who);
}

}  // namespace skein::mysql
