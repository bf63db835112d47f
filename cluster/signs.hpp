// Whether who leads is still there: several signs, none of which alone moves the lead. A server
// that refuses may be restarting, one that is silent may be out of our reach only.
#pragma once

#include "cluster/situation.hpp"

namespace skein::cluster {

enum class health : std::uint8_t { well, doubtful, dead };

struct diagnosis {
  health what = health::well;
  std::string why = {};  // a clause that begins with its name
};

diagnosis examine_leader(const situation& now, const failover_policy& policy);

// "0.6 s", "3 s", "400 ms"
std::string in_words(std::chrono::steady_clock::duration time);
// A sentence without them: "for 1.2 s" is as "for 3 s".
std::string without_numbers(const std::string& sentence);

}  // namespace skein::cluster
