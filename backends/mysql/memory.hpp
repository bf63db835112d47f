// What pooled conversations remember beside themselves: of one server connection, from one borrower
// to the next; and of one core, for all of its sessions.
#pragma once

#include <string>

#include "backends/conversation.hpp"
#include "backends/mysql/answer.hpp"
#include "backends/mysql/capabilities.hpp"

namespace skein::mysql {

struct server_memory final : skein::server_memory {
  explicit server_memory(const server_greeting& greeting);

  capability_set agreed = 0;
  answer_shape shape = {};
  flavour which = flavour::mysql;
  std::string version = {};
  bool has_been_reset = false;  // it has lost what it was opened with, but for the database
};

struct core_memory final : skein::core_memory {};

}  // namespace skein::mysql
