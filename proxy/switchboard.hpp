// Hands what servers announce to the sessions that listen for it: one server connection a core and
// database, however many clients listen there. Lost, it is opened again, and those who listen hear
// that something may be missing. It is opened in the name of one of them: of a newcomer, who hears
// whether that works, else of any; and of another where a user is let in no more.
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
  // In whose name, and with what, a server may be asked for it.
  virtual const credentials& listens_as() const = 0;
  virtual const login_request& listens_with() const = 0;
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
  bool listen(std::string_view channel, subscriber& by);
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
  // Between two attempts that fail: doubled from one to the next.
  static constexpr std::chrono::milliseconds pause_min{200};
  static constexpr std::chrono::milliseconds pause_max{5000};
  // To one database.
  struct line final : server_user {
    line(branch& at, std::string to);
    void server_said(std::span<const std::byte> input) override;
    void server_lost(net::error_code) override;
    bool clogged() const override { return false; }
    void take(const announcer_event& event);
    void say(void (announcer::*what)(std::string_view, std::string&), std::string_view channel);
    void give_up();
    std::vector<subscriber*> all() const;
    std::vector<subscriber*> awaiting() const;
    subscriber* next_speaker();
    void refuse(const error& why, const std::vector<subscriber*>& whom);
    void fail(const error& why, const credentials& who);

    branch& home;
    std::string database;
    std::map<std::string, channel, std::less<>> channels = {};
    lease server = nullptr;
    std::unique_ptr<announcer> talk = {};
    net::bell changed;
    errand* fetching = nullptr;
    std::vector<subscriber*> refused = {};  // in whose names it has been tried in vain
    std::chrono::milliseconds pause = pause_min;
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
