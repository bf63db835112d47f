// The freshness rounds' servers of MySQL and MariaDB.
#include <atomic>
#include <thread>

#include "tests/servers/mysql/client.hpp"
#include "tests/servers/routing/stagehand.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers::freshness {
namespace {

using namespace std::chrono_literals;

mysql::target of_admin(const server& member) {
  return {"tcp://127.0.0.1:" + std::to_string(member.port()), member.admin()};
}

// Followers of these engines can only be told to wait for whole seconds. For less, somebody else is
// at the row that all clients write, for as long as he is away from it.
class hindrance {
 public:
  hindrance(const server& member, milliseconds late)
      : thread_([this, where = of_admin(member), late] { run(where, late); }) {}
  ~hindrance() {
    over_ = true;
    thread_.join();
  }

 private:
  void run(const mysql::target& where, milliseconds late) {
    while (!over_) {
      try {
        mysql::client on(where);
        bool well = true;
        while (!over_ && well) {
          well = on.ask("begin").ok() &&
                 on.ask("select v from freshness where id = 0 for update").ok();
          std::this_thread::sleep_for(late);
          well = well && on.ask("rollback").ok();
          std::this_thread::sleep_for(late);
        }
      } catch (const mysql::login_failure&) {
        std::this_thread::sleep_for(late);  // the member was killed
      }
    }
  }

  std::atomic<bool> over_ = false;
  std::thread thread_;
};

class of_mysql final : public stagehand {
 public:
  explicit of_mysql(engine which) : mariadb_(which == engine::mariadb) {}

  void make_table(server& leader, std::size_t clients) override {
    leader.query_as(app, "create table freshness (id int primary key, v bigint not null)");
    std::string rows = "(0, 0)";
    for (std::size_t number = 1; number <= clients; ++number)
      rows += ", (" + std::to_string(number) + ", 0)";
    leader.query_as(app, "insert into freshness values " + rows);
    leader.query("grant replication client on *.* to app");
    if (mariadb_) leader.query("grant replica monitor on *.* to app");
  }

  // Each member has a row of its own there, which no log carries to others.
  void prepare(cluster& shop) override {
    for (const auto& name : shop.names()) {
      server& member = shop.member(name);
      const bool strict = !mariadb_ && member.is_follower();
      if (strict) member.query("set global super_read_only = off");
      mysql::client on(of_admin(member));
      for (const std::string& sql : {std::string("set sql_log_bin = 0"),
                                     std::string("create table served (name varchar(10))"),
                                     "insert into served values ('" + name + "')"})
        if (const auto told = on.ask(sql); !told.ok()) throw std::runtime_error(told.text);
      if (strict) member.query("set global super_read_only = on");
    }
  }

  void demand_quorum(server& leader) override {
    const std::string side = mariadb_ ? "rpl_semi_sync_master" : "rpl_semi_sync_source";
    leader.query("set global " + side + "_enabled = on");
    const auto look = "show global status like '" + side + "_clients'";
    wait_until([&] { return leader.query(look)[0][1].value() == "2"; }, 10s,
               "both followers count for the quorum");
  }

  void apply_late(server& follower, milliseconds late) override {
    if (late < 1s) {
      hindrances_.push_back(std::make_unique<hindrance>(follower, late));
      return;
    }
    // They count from the second in which it was written, whatever part of it had passed.
    const auto seconds = std::to_string(std::chrono::ceil<std::chrono::seconds>(late).count() + 1);
    follower.query(mariadb_ ? "stop slave" : "stop replica");
    follower.query(mariadb_ ? "change master to master_delay = " + seconds
                            : "change replication source to source_delay = " + seconds);
    follower.query(mariadb_ ? "start slave" : "start replica");
  }
  void stop_applying(server& follower) override {
    follower.query(mariadb_ ? "stop slave sql_thread" : "stop replica sql_thread");
  }
  void go_on_applying(server& follower) override {
    follower.query(mariadb_ ? "start slave sql_thread" : "start replica sql_thread");
  }

  std::string where(std::uint16_t port) const override {
    return "tcp://127.0.0.1:" + std::to_string(port);
  }

 private:
  const bool mariadb_;
  std::vector<std::unique_ptr<hindrance>> hindrances_;
};

}  // namespace

std::unique_ptr<stagehand> mysql_stagehand(engine which) {
  return std::make_unique<of_mysql>(which);
}

}  // namespace skein::servers::freshness
