// What the functions of the servers themselves do, as far as it matters who runs them. Every other
// function is the database's own, and what it does is not known here.
#pragma once

#include <cstdint>
#include <string_view>

#include "backends/mysql/deeds.hpp"
#include "backends/mysql/flavour.hpp"

namespace skein::mysql {

enum class function_kind : std::uint8_t {
  unknown,
  plain,      // its value is the same wherever it is computed
  varies,     // from call to call; any member may compute it
  of_server,  // tells of one session or one server, or changes it
  writes,
};

function_kind kind_of(const function_use& called, flavour of);

}  // namespace skein::mysql
