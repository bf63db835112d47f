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
  net::error_code fails_with = {};             // no connection at all
  std::size_t capacity = 16384;                // of each connection, each way
  bool never_answers = false;                  // until the limit given, or cancelled
  std::vector<net::endpoint> dialled = {};

 private:
  net::core& core_;
  net::task_group& tasks_;
  server serve_;
};

struct server_habits {
  std::size_t row_bytes = 0;             // of each answer
  bool swallows_cancels = false;         // takes a cancel and never says so by closing
  bool mute = false;                     // takes a login and never answers it
  bool never_answers = false;            // to a query
  std::string behind_login = {};         // sent with the end of each login
  std::string behind_answer = {};        // sent with the end of each answer
  std::chrono::milliseconds dozes{0};    // before it reads its first query
  char status = 'I';                     // at the end of each answer
  int answers_max = 1000;                // then it closes
  std::size_t queried_bytes = 0;         // what it has read
  std::chrono::milliseconds ponders{0};  // before it lets somebody in
  std::string refusal = {};              // which is what it says instead ...
  std::string refused_user = {};         // ... to that one, or to all
  int signing_in = 0;                    // so many, now and at most
  int signing_in_most = 0;
};

// Logs anybody in and answers each simple query with one row and an empty transaction block, and
// each extended message in its own way.
net::awaitable<> serve_queries(net::stream connection, server_habits& how);

net::awaitable<> read_all(net::stream& from, std::string& into);
net::awaitable<> nap(net::core& core, std::chrono::milliseconds length);

// Settings that a test has made, and changes.
template <typename T>
std::shared_ptr<const T> unowned(const T& settings) {
  return {std::shared_ptr<void>(), &settings};
}

struct stage {
  explicit stage(std::size_t places_in_all = 4, std::size_t logins_max = ~0UZ);

  // A client that logs in, asks `queries` times and leaves; `answers` counts what it got.
  net::awaitable<> visit(net::stream connection, int queries);
  net::awaitable<> live(session& life);  // and then takes it off the stage
  // A session and the client that visits it; `plan` breaks the session's end of their connection.
  void perform(int queries, std::shared_ptr<net::fault_plan> plan);
  // A session with a client of the test's own.
  net::stream enter(std::shared_ptr<net::fault_plan> plan = nullptr, std::size_t capacity = 16384);
  void run_to_the_end();  // until all of it has ended; once a stage
  bool all_places_free();
  net::awaitable<> settle();

  member_budgets budgets;  // before the core, which may hold some of their places
  budget& places;          // of the member "a"
  net::core core{0};
  net::task_group visitors{core.where()};  // who borrows by itself; servers stay until they end
  net::task_group tasks{core.where()};
  postgres::backend database = {};
  cluster_settings cluster;
  listener_settings listener = {};
  listener_in_force door = unowned(listener);
  server_habits habits = {};
  metrics::core_counters counters = {};
  scripted_dialer dial;
  branch home;
  session_table table{0};
  admission doors{{}};
  cancel_router cancels = {};
  std::unique_ptr<session> life = {};
  int answers = 0;
  std::int64_t idle_at_end = 0;  // server connections that the pool had kept
};

}  // namespace skein::proxy
