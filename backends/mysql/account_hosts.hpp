// Which account of several with one name a server takes for who comes from a place: of those whose
// host fits, the most specific. Pure; the directory asks, for Skein itself comes from that place.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace skein::mysql {

// A name, an address, either with % and _ as wild cards, an address with a mask or a number of bits
// behind a slash; empty: anywhere.
bool host_fits(std::string_view pattern, std::string_view place);

// Nothing: none fits. An account that is the only one of its name is taken as it is: where it may
// come from is its servers' to judge.
std::optional<std::size_t> account_for(std::span<const std::string> hosts, std::string_view place);

}  // namespace skein::mysql
