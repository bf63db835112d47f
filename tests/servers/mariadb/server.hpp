// A MariaDB 10.11 server under test, replicating by GTID.
#pragma once

#include "tests/servers/mysql/family.hpp"

namespace skein::servers::mariadb {

class mariadb_server final : public mysql::family_server {
 public:
  mariadb_server(std::string name, std::filesystem::path folder, server_options options,
                 const std::filesystem::path& data_to_copy);

  bool is_receiving() override;
  std::string position() override;
  bool has_applied(const std::string& leader_position) override;

 private:
  child_options command() const override;
  std::string own_settings() const override;
  void point(bool was_leader) override;
  void stop_replicating() override;
  void stop_receiving() override;
  bool has_applied_all_received() override;
  void set_writable(bool writable) override;
};

}  // namespace skein::servers::mariadb
