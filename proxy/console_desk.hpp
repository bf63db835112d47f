// Finds the answers of the console: what the sessions, pools and servers of every core are doing,
// and what may be done to them. One a core; it asks the others by posting to each and waits, so
// that nothing is shared and no query pays for it. Sessions that talk to the console ask it.
#pragma once

#include "console/command.hpp"
#include "net/core.hpp"
#include "proxy/settings.hpp"

namespace skein::proxy {

class branch;
class session;
class worker;

// What a session can tell of itself without having kept it for this.
struct session_facts {
  std::string application = {};
  std::string_view state = {};
  net::steady_time began = {};
  std::optional<std::chrono::nanoseconds> active = {};  // for how long what runs has been running
  std::string member = {};
  std::optional<std::uint32_t> server = {};  // the number that the server gave its connection
  std::string_view pin = {};                 // why it keeps its server; empty: it does not
  const login_request* asked = nullptr;
  std::string client = {};
};

class console_desk {
 public:
  console_desk(const settings_in_force& settings, worker& here, const std::vector<worker*>& all);

  const std::string& version() const { return settings_->console.version; }
  std::uint64_t next_number();
  // `called_off` is looked at while a PAUSE waits; `who`, "user ...", is told to the log and to who
  // is ended.
  net::awaitable<result<console::table>> answer(console::command asked, const std::string& who,
                                                const bool& called_off);
  // EXPLAIN ROUTE, as this core sees it.
  result<console::table> explain_route(const console::command& asked) const;

 private:
  using rows = std::vector<console::row>;
  net::awaitable<result<console::table>> reload();
  rows clusters() const;
  rows members() const;
  rows settings_told() const { return settings_->console.settings.rows; }
  static rows sessions(worker& core);
  static rows servers(worker& core, std::size_t clusters);
  static rows pools(worker& core, std::size_t clusters);
  static rows sum_of(const std::vector<rows>& pools_of_cores);
  static rows prepared(worker& core, std::size_t clusters);
  static rows pins(worker& core);
  result<std::vector<std::size_t>> clusters_called(const std::string& name) const;
  net::awaitable<result<console::table>> show(console::verb what);
  net::awaitable<result<console::table>> statements();
  net::awaitable<result<void>> on_branches(std::vector<std::size_t> which,
                                           std::function<void(branch&)> change);
  net::awaitable<result<console::table>> pause(std::vector<std::size_t> which,
                                               const bool& called_off);
  net::awaitable<result<std::size_t>> await_rest(std::vector<std::size_t> which,
                                                 const bool& called_off);
  net::awaitable<result<console::table>> kill(std::uint64_t number, const std::string& who);
  result<console::table> drain() const;
  // What `look` says on each core's own thread. They all see one order of such looks, whoever asks.
  template <typename T>
  net::awaitable<result<std::vector<T>>> on_every_core(std::function<T(worker&)> look);

  const settings_in_force& settings_;  // the worker's
  worker& here_;
  const std::vector<worker*>& all_;
  std::uint64_t numbered_ = 0;
};

}  // namespace skein::proxy
