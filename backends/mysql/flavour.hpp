// Two servers speak this wire. They part in what they understand of a statement and in how they
// number transactions; which of them a server is, is told at its log-in.
#pragma once

#include <cstdint>
#include <string_view>

#include <cstdint>

namespace skein::mysql {

enum class flavour : std::uint8_t { mysql, mariadb };

// 8.0.36 is 80036, 10.11.6-MariaDB is 101106; what cannot be read is 0.
constexpr std::uint32_t release_of(std::string_view version) {
  std::uint32_t parts[3] = {};
  std::size_t at = 0;
  for (auto& part : parts) {
    for (; at < version.size() && version[at] >= '0' && version[at] <= '9' && part < 1000; ++at)
      part = part * 10 + static_cast<std::uint32_t>(version[at] - '0');
    if (at == version.size() || version[at] != '.') break;
    ++at;
  }
  return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

}  // namespace skein::mysql
