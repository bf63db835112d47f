// What the proxy is told at its start, already read, checked and loaded: no file is opened here.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backends/backend.hpp"
#include "net/dialer.hpp"
#include "net/tls.hpp"

namespace skein::proxy {

struct pool_settings {
  pool_mode mode = pool_mode::transaction;
  std::size_t size = 100;  // server connections at most, over all cores
  std::chrono::milliseconds wait{5000};
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds idle{300000};      // an unused server connection is closed after it
  std::chrono::milliseconds idle_check{1000};  // how often the unused ones are looked at
  // For a client's last bytes to go out, and for a reset; then the connection is closed.
  std::chrono::milliseconds settle_timeout{5000};
};

struct cluster_settings {
  std::string name = {};
  const backend* database = nullptr;
  tls_mode server_tls = tls_mode::allow;
  std::optional<net::tls_context> server_tls_context = {};
  std::map<std::string, credentials, std::less<>> users = {};
  pool_settings pool = {};
};

struct listener_settings {
  std::string name = {};
  net::endpoint bind = {};
  std::size_t cluster = 0;
  tls_mode tls = tls_mode::disable;
  std::optional<net::tls_context> tls_context = {};
  std::chrono::milliseconds startup_timeout{15000};  // a login must be done by then
};

struct console_settings {
  std::set<std::string, std::less<>> users = {};  // who may use it
  std::string version = {};
  console::table settings = {};  // the answer to SHOW SETTINGS
};

struct proxy_settings {
  std::vector<cluster_settings> clusters = {};
  std::vector<listener_settings> listeners = {};
  unsigned cores = 1;
  std::size_t clients_max = 10000;
  std::chrono::milliseconds drain{30000};
  console_settings console = {};
};

}  // namespace skein::proxy
