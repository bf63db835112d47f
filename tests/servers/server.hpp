// One real database server under test. The operations are the same for every engine; what they
// mean in its tongue stands in postgres/, mariadb/ and mysql/. Clusters (cluster.hpp) make them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/servers/child_process.hpp"

namespace skein::servers {

enum class engine { postgres, mariadb, mysql };
std::string_view to_string(engine which);

// SKEIN_TEST_ENGINES=postgres,mariadb limits the engines under test; unset means all.
bool is_wanted(engine which);

struct login {
  std::string user;
  std::string password;
};

// Every server has these, and a database `app` that app owns.
inline const login app{"app", "app-secret"};
inline const login app_md5{"app_md5", "app-secret"};  // PostgreSQL only: its password is md5
inline const login replicator{"replicator", "replicator-secret"};

enum class stop_mode { fast, immediate };

using row = std::vector<std::optional<std::string>>;
using rows = std::vector<row>;

struct server_options {
  int connections_max = 600;
  bool durable = false;                    // fsync on
  bool tls = false;                        // offered, with test_certificates()
  std::vector<std::string> settings = {};  // lines for the settings file, after our own
  std::vector<std::string> hba = {};       // PostgreSQL only: pg_hba lines before our own
};

class server {
 public:
  virtual ~server() = default;

  const std::string& name() const { return name_; }  // "a", "b", "c"...
  std::uint16_t port() const { return port_; }       // on 127.0.0.1
  virtual std::filesystem::path socket() const = 0;  // PostgreSQL's is a folder
  std::filesystem::path data() const { return folder_ / "data"; }
  std::filesystem::path log() const { return folder_ / "server.log"; }
  virtual login admin() const = 0;  // the superuser

  void start();   // returns when it answers queries
  void launch();  // the same without waiting
  void wait_until_ready(milliseconds deadline = std::chrono::seconds{60});
  void stop(stop_mode mode = stop_mode::fast);
  void restart(stop_mode mode = stop_mode::fast);
  void kill();    // SIGKILL to the server and its children, at once
  void freeze();  // SIGSTOP to all of them
  void thaw();
  bool is_running();
  child_process& process();  // throws when it was never started

  // One statement by the superuser (in database app), through the unix socket; rows of text.
  // Throws std::runtime_error with the server's own words.
  rows query(std::string_view sql);
  rows query_as(const login& who, std::string_view sql);  // through TCP
  std::string value(std::string_view sql);                // first column of the first row

  virtual bool is_follower() = 0;
  virtual bool is_receiving() = 0;  // a follower whose stream from its upstream is up
  virtual void promote() = 0;       // returns when it takes writes
  // Replicates from that port on 127.0.0.1 (a member's or a relay's). A former leader, running or
  // stopped, is turned into a follower; what only it had is undone where the engine can.
  // Runs afterwards.
  virtual void follow(std::uint16_t upstream_port) = 0;
  virtual std::string position() = 0;  // how far it has written (leader) or applied (follower)
  virtual bool has_applied(const std::string& leader_position) = 0;

 protected:
  server(std::string name, std::filesystem::path folder, server_options options);

  virtual child_options command() const = 0;
  virtual void configure() = 0;  // writes the settings file; called before every launch
  virtual void settle() {}       // called whenever the server has become ready
  virtual int stop_signal(stop_mode mode) const = 0;
  virtual rows ask(const login* who, std::string_view sql) = 0;  // nullptr: superuser

  void write_file(const std::filesystem::path& path, std::string_view text) const;

  std::string name_;
  std::filesystem::path folder_;
  server_options options_;
  std::uint16_t port_;
  std::optional<std::uint16_t> upstream_;  // none: it leads
  std::optional<child_process> process_;

  friend class cluster;
};

}  // namespace skein::servers
