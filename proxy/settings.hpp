// What the proxy is told, at its start and by a reload, already read, checked and loaded: no file
// is opened here. Immutable: each core holds what is in force and is posted what follows it, and
// who needs the old one for longer keeps it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backends/backend.hpp"
#include "net/dialer.hpp"
#include "net/tls.hpp"
#include "proxy/overtime.hpp"
#include "routing/plan.hpp"
#include "routing/rules.hpp"

namespace skein::proxy {

struct pool_settings {
  pool_mode mode = pool_mode::transaction;
  std::size_t size = 100;  // server connections at most, over all cores
  // Clients listen on one connection a core and database, of these; else each on one of its own.
  bool shares_announcements = true;
  std::chrono::milliseconds wait{5000};
  std::chrono::milliseconds connect_timeout{5000};
  std::size_t logins = 16;                      // servers signed in to at one time, over all cores
  std::size_t min_idle = 0;                     // of each core and pair, kept open unused
  std::chrono::milliseconds lately{3'600'000};  // so long after its last use a pair is kept warm
  std::chrono::milliseconds idle{300000};       // an unused server connection is closed after it
  std::chrono::milliseconds lifetime{3'600'000};  // an older one is closed when it comes back; or 0
  std::chrono::milliseconds idle_check{1000};     // how often the unused ones are looked at
  // For a client's last bytes to go out, and for a reset; then the connection is closed.
  std::chrono::milliseconds settle_timeout{5000};
};

// How users are looked up who are not among `users`.
struct auth_query_settings {
  directory_settings directory = {};  // of the leader, whose address is filled in
  std::chrono::milliseconds keep{60000};
};

// Who shares with a session what it is owed: all whose word of this kind is the same.
enum class freshness_key : std::uint8_t { none, user, application_name, hint };

struct cluster_settings {
  std::string name = {};
  const backend* database = nullptr;
  tls_mode server_tls = tls_mode::allow;
  std::optional<net::tls_context> server_tls_context = {};
  net::tls_files server_tls_files = {};  // which it was loaded from
  compression server_compression = compression::none;
  std::uint64_t server_tls_turn = 0;  // of these four's rules: the proxy counts
  std::map<std::string, credentials, std::less<>> users = {};
  std::optional<auth_query_settings> auth_query = {};
  // How it is read what databases define, of the leader: address and database are filled in.
  // Without it nobody reads, and conversations go by texts alone.
  std::optional<catalog_settings> catalog = {};
  bool derives_keys = true;  // see client_login_settings
  // Clients at most of those users for whom limits.per_user does not hold.
  std::map<std::string, std::size_t, std::less<>> clients_of = {};
  // Who of its users may talk to the console. Another cluster's are others, whatever their names.
  std::set<std::string, std::less<>> console_users = {};
  pool_settings pool = {};
  // While nobody leads a statement that was sent nowhere waits so long for who does.
  std::chrono::milliseconds hold{10000};
  bool keeps_promise = false;  // sessions may not lower what durability promises
  // How who leads is asked what became of commits, but for its address. None: it is not.
  std::optional<observer_settings> commits = {};
  bool marks_commits = false;  // those write a row, where they could not be asked for otherwise
  time_limits times = {};
  routing::policy routes = {.reads = routing::reads_from::leader};
  std::shared_ptr<const routing::rules> rules = {};  // null: there are none
  freshness_key shared_by = freshness_key::none;
  std::uint64_t logged_lots = 0;  // a statement that draws no higher one is logged; 0: none is
  // Somebody waits for followers to show what was written: any core calls it, now and then. Empty:
  // members are looked at no more often for it.
  std::function<void()> look_often = {};

  // Whether it depends on a statement where it goes.
  bool chooses() const {
    return (rules && rules->size() != 0) || (routes.reads != routing::reads_from::leader &&
                                             routes.fresh != routing::freshness::leader);
  }
};

struct listener_settings {
  std::string name = {};
  net::endpoint bind = {};
  std::size_t cluster = 0;
  tls_mode tls = tls_mode::disable;
  std::optional<net::tls_context> tls_context = {};
  bool proxy_protocol = false;  // a load balancer says who each client is
  std::vector<login_rule> rules = {};
  std::chrono::milliseconds startup_timeout{15000};  // a login must be done by then
};

// Reads the settings anew, on another thread, and says what has changed (by key), or why nothing
// has.
using reload_answer = result<std::vector<std::pair<std::string, std::string>>>;
using reload_call = std::function<void(std::function<void(reload_answer)> tell)>;

struct console_settings {
  std::string version = {};
  console::table settings = {};  // the answer to SHOW SETTINGS
  reload_call reload = {};       // empty: it cannot be asked for
  // Begins to stop Skein, in good order; any core calls it. Empty: it cannot be asked for.
  std::function<void()> drain = {};
};

// Clients at most, over all cores; 0: as many as come.
struct client_limits {
  std::size_t in_all = 10000;
  std::size_t per_user = 0;
  std::size_t per_database = 0;
  std::size_t per_address = 0;
};

struct proxy_settings {
  std::vector<cluster_settings> clusters = {};
  std::vector<listener_settings> listeners = {};
  unsigned cores = 1;
  client_limits clients = {};
  std::chrono::milliseconds drain{30000};
  console_settings console = {};
};

using settings_in_force = std::shared_ptr<const proxy_settings>;
using cluster_in_force = std::shared_ptr<const cluster_settings>;
using listener_in_force = std::shared_ptr<const listener_settings>;

// Of all that is in force, and keeps it.
inline cluster_in_force cluster_of(const settings_in_force& all, std::size_t cluster) {
  return {all, &all->clusters[cluster]};
}
inline listener_in_force listener_of(const settings_in_force& all, std::size_t listener) {
  return {all, &all->listeners[listener]};
}

}  // namespace skein::proxy
