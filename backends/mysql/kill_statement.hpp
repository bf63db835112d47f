// KILL, of which the proxy and not the server knows whom it means: what a text asks for, and how it
// is refused. Pure; conversations ask.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "backends/error.hpp"
#include "backends/mysql/flavour.hpp"

namespace skein::mysql {

struct kill_request {
  std::uint64_t id = 0;
  bool for_good = true;  // the connection, else what it runs
  bool operator==(const kill_request&) const = default;
};

// Nothing: no statement in it is a KILL. The error is a sentence for the client.
using kill_reading = std::optional<std::expected<kill_request, std::string>>;
kill_reading read_kill(std::string_view text, flavour of);
// Of a text that is prepared, or of which the end is not at hand.
kill_reading refuse_kill(std::string_view text, flavour of);
// The body of COM_PROCESS_KILL.
kill_reading read_process_kill(std::string_view body);

// The ERR packet; for what `why` is, see conversation::cancelled.
std::string kill_refused(std::uint8_t number, const error& why, std::uint64_t id);
error no_such_thread();

}  // namespace skein::mysql
