#include "backends/postgres/backend.hpp"

#include "backends/postgres/cancel_login.hpp"
#include "backends/postgres/client_login.hpp"
#include "backends/postgres/conversation.hpp"
#include "backends/postgres/observer.hpp"
#include "backends/postgres/server_login.hpp"

namespace skein::postgres {

std::string backend::socket_path(const member_address& address) const {
  const auto port = address.port == 0 ? default_port() : address.port;
  return address.host + "/.s.PGSQL." + std::to_string(port);
}

std::unique_ptr<skein::client_login> backend::receive_login(
    const client_login_settings& how) const {
  return std::make_unique<client_login>(how, shared_);
}

std::unique_ptr<skein::server_login> backend::start_login(const server_login_settings& how) const {
  return std::make_unique<server_login>(how, shared_);
}

std::unique_ptr<skein::conversation> backend::start_conversation() const {
  return std::make_unique<conversation>();
}

std::unique_ptr<skein::server_login> backend::start_cancel(const server_login_settings& how,
                                                           const cancel_key& key) const {
  return std::make_unique<cancel_login>(how, key);
}

std::unique_ptr<skein::observer> backend::start_observer(const observer_settings& how) const {
  return make_observer(how);
}

}  // namespace skein::postgres
