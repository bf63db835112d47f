// What of the listening sockets of another Skein the settings of this one have a use for: found by
// where they listen. `skein run --take-over` sorts them before anything is started.
#pragma once

#include "cli/compose.hpp"
#include "handover/taker.hpp"
#include "proxy/inheritance.hpp"

namespace skein::cli {

struct places {
  pid_t from = 0;
  bool was_ready = false;
  proxy::inheritance proxy = {};
  proxy::passed_on listeners = {};  // that are served by what was passed
  net::owned_handle admin{-1};
  net::owned_handle takeover{-1};
  std::vector<std::uint16_t> kept = {};  // as the other one counts its doors
};

// What is of no use is closed; it stays open there.
places sort_doors(handover::inheritance from, const parts& settings);

// Which of our listeners these are.
proxy::passed_on listeners_at(const std::vector<handover::door>& doors, const parts& settings);

}  // namespace skein::cli
