// A session between a scripted client and a scripted server, all in memory on the test's own
// thread: what the tests of proxy/ stand on. The server speaks just enough of the protocol.
#pragma once

#include "backends/postgres/backend.hpp"
#include "net/core.hpp"
#include "proxy/session.hpp"

namespace skein::proxy {

// Hands out memory streams whose other end is served by `serve`.
class scripted_dialer final : public net::dialer {
 public:
  using server = std::function<net::awaitable<>(net::stream)>;
  scripted_dialer(net::core& core, net::task_group& tasks, server serve)
      : core_(core), tasks_(tasks), serve_(std::move(serve)) {}
  net::awaitable<std::pair<net::error_code, net::stream>> dial(
      net::endpoint where, std::chrono::milliseconds limit) override;
  std::shared_ptr<net::fault_plan> plan = {};  // of our end of each connection
  bool refuses = false;

 private:
  net::core& core_;
  net::task_group& tasks_;
  server serve_;
};

struct server_habits {
  std::size_t row_bytes = 0;      // of each answer
  bool swallows_cancels = false;  // takes a cancel and never says so by closing
};

// Logs anybody in and answers each simple query with one row and an empty transaction block.
net::awaitable<> serve_queries(net::stream connection, const server_habits& how);

struct stage {
  stage();
  ~stage();

  // A client that logs in, asks `queries` times and leaves; `answers` counts what it got.
  net::awaitable<> visit(net::stream connection, int queries);
  net::awaitable<> live(session& life);  // and then takes it off the stage
  // A session and the client that visits it; `plan` breaks the session's end of their connection.
  void perform(int queries, std::shared_ptr<net::fault_plan> plan);
  void run_to_the_end();  // until all of it has ended; once a stage
  bool all_places_free();
  net::awaitable<> settle();

  net::core core{0};
  net::task_group tasks{core.where()};
  postgres::backend database = {};
  cluster_settings cluster = {};
  listener_settings listener = {};
  budget places{4};
  server_habits habits = {};
  metrics::core_counters counters = {};
  scripted_dialer dial;
  branch home;
  session_table table{0};
  cancel_router cancels = {};
  std::unique_ptr<session> life = {};
  int answers = 0;
  std::int64_t idle_at_end = 0;  // server connections that the pool had kept
};

}  // namespace skein::proxy
