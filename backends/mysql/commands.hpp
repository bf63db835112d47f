// What the commands of clients are to both conversations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "backends/mysql/kill_statement.hpp"
#include "backends/mysql/message.hpp"

namespace skein::mysql {

// Beyond it a packet is not known to be a command.
inline constexpr std::size_t command_bytes = header_bytes + 1;
// A text up to here is looked at as a whole; a longer one is passed on as it comes.
inline constexpr std::uint32_t whole_max = 128U * 1024;

// It would turn the connection into something else than a client's, or stop its server.
bool is_refused(command what);
bool may_commit(command what);
bool has_text(command what);
bool is_looked_at(command what);  // as a whole, up to that length
// The id in a KILL is one that we have told, or one of the server's: nobody must hit another by it.
kill_reading kill_in(command what, std::string_view text, bool whole, flavour which);
std::string name_of(command what);
error refusal_of(command what);

}  // namespace skein::mysql
