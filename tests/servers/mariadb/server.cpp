#include "tests/servers/mariadb/server.hpp"

#include "tests/servers/mysql/family.hpp"

namespace skein::servers::mariadb {

namespace {

class mariadb_server final : public mysql::family_server {
 public:
  using family_server::family_server;

  bool is_receiving() override {
    auto status = ask_status("show slave status");
    return status["Slave_IO_Running"] == "Yes" && status["Slave_SQL_Running"] == "Yes";
  }

  std::string position() override { return value("select @@global.gtid_binlog_pos"); }

  bool has_applied(const std::string& leader_position) override {
    return value("select master_gtid_wait('" + leader_position + "', 0)") == "0";
  }

 private:
  child_options command() const override {
    return {
        .command = {"/usr/sbin/mariadbd", "--defaults-file=" + (folder_ / "server.conf").string()},
        .folder = folder_};
  }

  std::string own_settings() const override {
    return "log_slave_updates = ON\n"
           "gtid_strict_mode = ON\n"
           "innodb_log_file_size = 16M\n";
  }

  void point(bool was_leader) override {
    query("stop slave");
    // A former leader goes on from what stands in its own binary log.
    query("change master to master_host='127.0.0.1', master_port=" +
          std::to_string(upstream_.value()) + ", master_user='" + replicator.user +
          "', master_password='" + replicator.password +
          "', master_connect_retry=1, master_use_gtid=slave_pos" +
          (was_leader ? ", master_demote_to_slave=1" : ""));
    query("start slave");
  }

  void stop_replicating() override {
    query("stop slave");
    query("reset slave all");
  }

  void stop_receiving() override { query("stop slave io_thread"); }

  bool has_applied_all_received() override {
    return has_applied(ask_status("show slave status")["Gtid_IO_Pos"]);
  }

  void set_writable(bool writable) override {
    query(writable ? "set global read_only = off" : "set global read_only = on");
  }
};

}  // namespace

std::unique_ptr<server> make_server(std::string name, std::filesystem::path folder,
                                    server_options options,
                                    const std::filesystem::path& data_to_copy) {
  return std::make_unique<mariadb_server>(std::move(name), std::move(folder), std::move(options),
                                          data_to_copy);
}

}  // namespace skein::servers::mariadb
