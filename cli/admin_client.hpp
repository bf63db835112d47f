// Asks the admin port of a running Skein one thing and waits for the answer.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "net/dialer.hpp"
#include "net/tls.hpp"

namespace skein::cli {

struct admin_target {
  net::endpoint where = {.host = "127.0.0.1", .unix_path = {}, .port = 9187};
  std::string token = {};
  bool tls = false;
};

struct admin_answer {
  unsigned status = 0;
  std::string body = {};
};

// The error is one sentence.
std::expected<admin_answer, std::string> ask_admin(const admin_target& target,
                                                   const std::string& path);

}  // namespace skein::cli
