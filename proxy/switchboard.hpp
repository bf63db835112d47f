// Hands what servers announce to the sessions that listen for it: one server connection a core and
// database, however many clients listen there. Lost, it is opened again, and those who listen hear
// that something may be missing.
#pragma once

#include <map>

#include "backends/announcer.hpp"
#include "net/bell.hpp"
#include "net/task_group.hpp"
#include "proxy/errand.hpp"
#include "proxy/server_connection.hpp"

namespace skein::proxy {

class branch;

// A session. None of these may be answered by a call to the switchboard at once.
class subscriber {
 public:
  virtual ~subscriber() = default;
  // Answers `listen`: the server has committed it, or it cannot be had.
  virtual void channel_live(const result<void>& outcome) = 0;
  virtual void announced(std::string_view message) = 0;
  virtual void announcements_lost() = 0;
};

class switchboard {
 public:
  explicit switchboard(branch& home);
  switchboard(const switchboard&) = delete;

  // True: it is live already. Else the subscriber is told.
  bool listen(const credentials& who, const login_request& request, std::string_view channel,
              subscriber& by);
  void unlisten(const std::string& database, std::string_view channel, subscriber& by);
  void forget(const std::string& database, subscriber& by);  // all that it listens for
  void check_epoch();  // a connection to who no longer leads is given up
  net::awaitable<> close();

 private:
  struct channel {
    bool live = false;
    std::vector<subscriber*> heard_by = {};
    std::vector<subscriber*> awaited_by = {};
  };
  // To one database.
  struct line final : server_user {
    line(branch& at, credentials by, login_request what);
    void server_said(std::span<const std::byte> input) override;
    void server_lost(net::error_code) override;
    bool clogged() const override { return false; }
    void take(const announcer_event& event);
    void say(void (announcer::*what)(std::string_view, std::string&), std::string_view channel);
    void give_up();
    void refuse(const error& why);

    branch& home;
    credentials who;
    login_request request;
    std::map<std::string, channel, std::less<>> channels = {};
    lease server = nullptr;
    std::unique_ptr<announcer> talk = {};
    net::bell changed;
    errand* fetching = nullptr;
    bool running = false;
  };
  net::awaitable<> run(line& on);
  net::awaitable<> connect(line& on);
  void drop(line& on, std::string_view channel, subscriber& by);

  branch& home_;
  std::map<std::string, line, std::less<>> lines_ = {};  // by database
  net::task_group tasks_;
  bool closing_ = false;
};

}  // namespace skein::proxy
