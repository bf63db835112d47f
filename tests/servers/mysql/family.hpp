// What MySQL and MariaDB members share: files, stopping, asking, and the order of the steps in
// which a member is pointed at another or promoted. Their words stand in mysql/ and mariadb/.
#pragma once

#include <map>

#include "tests/servers/mysql/session.hpp"
#include "tests/servers/server.hpp"

namespace skein::servers::mysql {

inline constexpr auto superuser_password = "superuser-secret";

// Creates the users and the database of server.hpp; what a data template's first start reads.
std::string first_statements();

class family_server : public server {
 public:
  family_server(std::string name, std::filesystem::path folder, server_options options,
                const std::filesystem::path& data_to_copy);
  ~family_server() override;

  std::filesystem::path socket() const override { return folder_ / "server.sock"; }
  login admin() const override;
  bool is_follower() override;
  void promote() override;
  void follow(std::uint16_t upstream_port) override;

 protected:
  virtual std::string own_settings() const = 0;  // lines of the settings file
  virtual void point(bool was_leader) = 0;       // at *upstream_, and start replicating
  virtual void stop_replicating() = 0;           // and forget the upstream
  virtual void stop_receiving() = 0;             // what was received is still applied
  virtual bool has_applied_all_received() = 0;
  virtual void set_writable(bool writable) = 0;

  void configure() override;
  void settle() override;
  int stop_signal(stop_mode mode) const override;
  rows ask(const login* who, std::string_view sql) override;
  std::map<std::string, std::string> ask_status(std::string_view sql);

 private:
  target socket_target() const;

  std::optional<std::uint16_t> pointed_at_;
  bool was_leader_ = false;
};

}  // namespace skein::servers::mysql
