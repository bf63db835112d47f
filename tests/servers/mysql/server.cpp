#include "tests/servers/mysql/server.hpp"

#include "tests/servers/mysql/family.hpp"
#include "tests/servers/mysql/tree.hpp"

namespace skein::servers::mysql {

namespace {

class mysql_server final : public family_server {
 public:
  using family_server::family_server;

  bool is_receiving() override {
    auto status = ask_status("show replica status");
    return status["Replica_IO_Running"] == "Yes" && status["Replica_SQL_Running"] == "Yes";
  }

  std::string position() override { return value("select @@global.gtid_executed"); }

  bool has_applied(const std::string& leader_position) override {
    return value("select gtid_subset('" + leader_position + "', @@global.gtid_executed)") == "1";
  }

 private:
  child_options command() const override {
    auto words = tree_command("mysqld");
    words.push_back("--defaults-file=" + (folder_ / "server.conf").string());
    return {.command = words, .folder = folder_};
  }

  std::string own_settings() const override {
    std::string text = "basedir = " + (tree() / "usr").string() + "\n" +
                       "mysqlx = OFF\n"
                       "secure_file_priv = NULL\n"
                       "gtid_mode = ON\n"
                       "enforce_gtid_consistency = ON\n"
                       "innodb_redo_log_capacity = 16M\n"
                       "super_read_only = " +
                       (upstream_ ? "ON\n" : "OFF\n");
    // The server would make certificates of its own and offer them.
    if (!options_.tls) text += "auto_generate_certs = OFF\ntls_version =\n";
    return text;
  }

  void point(bool) override {
    query("stop replica");
    query("change replication source to source_host='127.0.0.1', source_port=" +
          std::to_string(upstream_.value()) + ", source_user='" + replicator.user +
          "', source_password='" + replicator.password +
          "', source_auto_position=1, source_connect_retry=1, source_retry_count=1000000, "
          "get_source_public_key=1, source_ssl=" +
          (options_.tls ? "1" : "0"));
    query("start replica");
  }

  void stop_replicating() override {
    query("stop replica");
    query("reset replica all");
  }

  void stop_receiving() override { query("stop replica io_thread"); }

  bool has_applied_all_received() override {
    return has_applied(ask_status("show replica status")["Retrieved_Gtid_Set"]);
  }

  void set_writable(bool writable) override {
    // Turning super_read_only on turns read_only on; read_only off turns both off.
    query(writable ? "set global read_only = off" : "set global super_read_only = on");
  }
};

}  // namespace

std::unique_ptr<server> make_server(std::string name, std::filesystem::path folder,
                                    server_options options,
                                    const std::filesystem::path& data_to_copy) {
  return std::make_unique<mysql_server>(std::move(name), std::move(folder), std::move(options),
                                        data_to_copy);
}

}  // namespace skein::servers::mysql
