// A PostgreSQL 15 server under test: physical streaming, SCRAM over TCP, trust on its own socket.
#pragma once

#include "tests/servers/server.hpp"

namespace skein::servers::postgres {

class postgres_server final : public server {
 public:
  postgres_server(std::string name, std::filesystem::path folder, server_options options,
                  const std::filesystem::path& data_to_copy);
  ~postgres_server() override;

  std::filesystem::path socket() const override { return folder_; }
  login admin() const override;
  bool is_follower() override;
  bool is_receiving() override;
  void promote() override;
  void follow(std::uint16_t upstream_port) override;
  std::string position() override;
  bool has_applied(const std::string& leader_position) override;

 private:
  child_options command() const override;
  void configure() override;
  int stop_signal(stop_mode mode) const override;
  rows ask(const login* who, std::string_view sql) override;

  std::string access_lines() const;
  std::string upstream_words(const login& who) const;
  void rewind();
};

}  // namespace skein::servers::postgres
