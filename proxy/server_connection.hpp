// One signed-in connection to a server, and who uses it now. It is read by a task of its own for as
// long as it is open (`attend`), lent or idle: what it says goes to its user, and a server that
// speaks or closes while nobody uses it is let go. A session holds it by a shared pointer (its
// lease); a cancel under way holds it too, so that nobody else can be given the connection before
// the cancel is over. At rest it may go to another core, where it becomes one of that core's.
#pragma once

#include <memory>
#include <string>

#include "backends/backend.hpp"
#include "metrics/counters.hpp"
#include "net/bell.hpp"
#include "net/core.hpp"
#include "net/dialer.hpp"
#include "proxy/budget.hpp"
#include "proxy/outlet.hpp"

namespace skein::proxy {

// Whoever has borrowed a connection.
class server_user {
 public:
  virtual ~server_user() = default;
  // What was read, behind what was left of it before: see server_connection::partial.
  virtual void server_said(std::span<const std::byte> input) = 0;
  virtual void server_lost(net::error_code why) = 0;
  virtual bool clogged() const = 0;  // takes no more at the moment; go_on tells when it does
};

class pool;

// What is known of one, wherever it is.
struct server_facts {
  std::unique_ptr<server_memory> memory = {};
  std::string who = {};  // its user, and the database there
  std::string database = {};
  std::string key = {};        // who may reuse it: user, database, what it was opened with
  cancel_key cancels_by = {};  // to cancel there what runs
  member_address address = {};
  net::endpoint peer = {};  // which of the servers behind `address` it is
  std::string member = {};
  std::uint64_t epoch = 0;
  bool leads = false;          // the member, in that epoch
  std::uint64_t tls_turn = 0;  // which rules of TLS and compression it was opened under
  net::steady_time opened = {};
  net::steady_time idle_since = {};
  net::steady_time used = {};                          // by a client, last
  net::steady_time retires = net::steady_time::max();  // then it is not lent again
};

struct server_connection : server_facts {
  server_connection(net::executor where, net::stream signed_in, budget::slot taken)
      : place(std::move(taken)),
        stream(std::move(signed_in)),
        out(stream),
        cancels_over(where),
        go_on(where) {}
  server_connection(const server_connection&) = delete;

  void close() {
    stream.close();
    go_on.ring_all();
  }
  // Nobody uses it, and nothing of it is on its way.
  bool at_rest() const {
    return stream.open() && !user && out.empty() && partial.empty() && cancels == 0 && !cancel_lost;
  }

  budget::slot place;  // first, so that it is free once the stream is closed
  net::stream stream;
  outlet out;
  std::string partial = {};  // read and not taken yet
  server_user* user = nullptr;
  pool* home = nullptr;  // where it was opened or has arrived; good for as long as it is open
  std::optional<unsigned> leaves_for = {};  // another core: from now on nobody reads it here
  net::bell cancels_over;                   // rings when there are none left
  unsigned cancels = 0;       // under way; the connection stays where it is until there are none
  bool holds_client = false;  // one of them is ours: it must not hit the client's next statement
  std::uint64_t turn = 0;     // grows with each statement that ends, where statements are timed
  bool cancel_lost = false;  // one may still reach the server at any time: never for another client
  net::bell go_on;           // its user is not clogged any more, or has gone
};

// One between two cores. If it never arrives its place is free and it is closed.
struct traveller {
  budget::slot place;
  net::stream::luggage luggage;
  server_facts facts;
};

net::endpoint endpoint_of(const backend& database, const member_address& address);

using lease = std::shared_ptr<server_connection>;

// To the pool that it is of, by who has cleaned it.
void give_back(lease clean);

// Reads the connection until it ends, and tells its user; or until it leaves for another core.
net::awaitable<> attend(net::core& core, lease served, metrics::core_counters& counters);

}  // namespace skein::proxy
