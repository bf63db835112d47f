// Asks the admin port of a running Skein one thing and waits for the answer: for the commands that
// people type beside it.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "net/dialer.hpp"
#include "net/tls.hpp"

namespace skein::cli {

struct admin_target {
  net::endpoint where = {.host = "127.0.0.1", .unix_path = {}, .port = 9187};
  std::string token = {};
  bool tls = false;
};

// Where it is: as the options say, else the file, else the default. The error is one sentence.
std::expected<admin_target, std::string> find_admin(const arguments& how);

struct admin_question {
  std::string path = {};
  // Behind the path, name and value; those without a value are left out.
  std::vector<std::pair<std::string, std::string>> parameters = {};
  std::string body = {};  // empty: it is a GET, else a POST
};

struct admin_answer {
  unsigned status = 0;
  std::string body = {};
};

// The error is one sentence.
std::expected<admin_answer, std::string> ask_admin(const admin_target& target,
                                                   const admin_question& asked);
// The bytes of it.
std::string request_text(const admin_question& asked, const std::string& token);

}  // namespace skein::cli
