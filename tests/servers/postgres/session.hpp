// One statement over a libpq connection of its own, with a deadline: a frozen server must not hang
// the test.
#pragma once

#include <string>
#include <string_view>

#include "tests/servers/server.hpp"

namespace skein::servers::postgres {

// Throws std::runtime_error with the server's words. Several statements: the last one's rows.
rows ask(const std::string& connection_words, std::string_view sql,
         std::chrono::milliseconds deadline = std::chrono::seconds{30});

}  // namespace skein::servers::postgres
