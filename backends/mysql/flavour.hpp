// Two servers speak this wire. They part in what they understand of a statement and in how they
// number transactions; which of them a server is, is told at its log-in.
#pragma once

#include <cstdint>

namespace skein::mysql {

enum class flavour : std::uint8_t { mysql, mariadb };

}  // namespace skein::mysql
