#include "backends/postgres/backend.hpp"

#include "backends/postgres/announcer.hpp"

#include "backends/postgres/cancel_login.hpp"
#include "backends/postgres/catalog_reader.hpp"
#include "backends/postgres/client_login.hpp"
#include "backends/postgres/commits.hpp"
#include "backends/postgres/console_talk.hpp"
#include "backends/postgres/conversation.hpp"
#include "backends/postgres/directory.hpp"
#include "backends/postgres/grants.hpp"
#include "backends/postgres/observer.hpp"
#include "backends/postgres/rejoin.hpp"
#include "backends/postgres/roles.hpp"
#include "backends/postgres/scram_secret.hpp"
#include "backends/postgres/server_login.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// Prepared on one server connection; beyond it the longest unused is closed there.
constexpr std::size_t statements_max = 500;

}  // namespace

std::string backend::socket_path(const member_address& address) const {
  const auto port = address.port == 0 ? default_port() : address.port;
  return address.host + "/.s.PGSQL." + std::to_string(port);
}

std::expected<credentials, std::string> backend::credentials_of(std::string user,
                                                                std::string stored) const {
  credentials known{.user = std::move(user)};
  if (!looks_like_scram_secret(stored)) {
    known.password = std::move(stored);
  } else if (!read_scram_secret(stored)) {
    return std::unexpected(
        "begins like a SCRAM secret and is none: it has the form "
        "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, as pg_authid shows it");
  } else {
    known.verifier = std::move(stored);
  }
  return known;
}

std::unique_ptr<skein::client_login> backend::receive_login(
    const client_login_settings& how) const {
  return std::make_unique<client_login>(how, shared_);
}

std::unique_ptr<skein::server_login> backend::start_login(const server_login_settings& how) const {
  return std::make_unique<server_login>(how, shared_);
}

login_request backend::shared_request(pool_mode mode, const login_request& asked) const {
  if (mode == pool_mode::session) return asked;
  return {asked.user, asked.database, startup_for_server(asked)};
}

std::unique_ptr<skein::core_memory> backend::make_core_memory(bool shares_announcements) const {
  return std::make_unique<core_memory>(shares_announcements);
}

std::unique_ptr<skein::server_memory> backend::make_server_memory(
    const server_greeting& said) const {
  return std::make_unique<server_memory>(said, statements_max);
}

std::unique_ptr<skein::conversation> backend::start_conversation(pool_mode mode,
                                                                 const login_request& asked,
                                                                 skein::core_memory& shared) const {
  if (mode == pool_mode::session) return std::make_unique<conversation>();
  return std::make_unique<transaction_conversation>(
      mode, split_startup(asked).settings, static_cast<core_memory&>(shared), asked.database);
}

std::string backend::lowers_promise(const login_request& asked) const {
  constexpr std::string_view name = "synchronous_commit";
  const startup_split apart = split_startup(asked);
  if (const auto* said = apart.settings.find(name); said && !waits_for_followers(*said))
    return std::string(name);
  // Options that are not read as a whole, but by the server.
  for (const auto& [each, value] : apart.for_server)
    if (each == "options" && (value.contains(name) || value.contains("synchronous-commit")))
      return std::string(name);
  return {};
}

std::unique_ptr<skein::console_talk> backend::start_console(const login_request&) const {
  return std::make_unique<console_talk>();
}

std::string backend::application_of(const login_request& asked) const {
  for (const auto& [name, value] : asked.parameters) {
    if (name == "application_name") return value;
  }
  return {};
}

std::unique_ptr<skein::announcer> backend::make_announcer() const {
  return std::make_unique<announcer>();
}

std::unique_ptr<skein::server_login> backend::start_cancel(const server_login_settings& how,
                                                           const cancel_key& key) const {
  return std::make_unique<cancel_login>(how, key);
}

std::unique_ptr<role_changer> backend::change_roles(const role_settings& how) const {
  return make_role_changer(how);
}

std::unique_ptr<rejoiner> backend::prepare_rejoin(const rejoin_settings& how) const {
  return make_rejoiner(how);
}

std::unique_ptr<commit_inquiry> backend::inquire_commits(const observer_settings& how) const {
  return make_commit_inquiry(how);
}

std::unique_ptr<skein::observer> backend::start_observer(const observer_settings& how) const {
  return make_observer(how);
}

std::unique_ptr<skein::catalog_reader> backend::open_catalog(const catalog_settings& how) const {
  return make_catalog_reader(how);
}

std::unique_ptr<skein::directory> backend::open_directory(const directory_settings& how) const {
  return make_directory(how);
}

std::string backend::grants_for(grants_feature what, const grants_request& who) const {
  return postgres::grants_for(what, who);
}

}  // namespace skein::postgres
