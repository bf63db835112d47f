#include "proxy/server_connection.hpp"

namespace skein::proxy {

net::endpoint endpoint_of(const backend& database, const member_address& address) {
  if (address.host.starts_with('/')) return {{}, database.socket_path(address), 0};
  return {address.host, {}, address.port};
}

}  // namespace skein::proxy
