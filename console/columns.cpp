// The columns of each answer, see console/command.hpp. README lists them; a new one goes to the
// end, because scripts may count.
#include <array>

#include "console/command.hpp"

namespace skein::console {

namespace {

constexpr auto number = column_kind::integer;
constexpr std::array clusters = {column{"cluster"}, column{"engine"}, column{"epoch", number},
                                 column{"leader"}, column{"reason"}};
constexpr std::array members = {column{"cluster"},
                                column{"member"},
                                column{"address"},
                                column{"role"},
                                column{"position"},
                                column{"lag_ms", number},
                                column{"round_trip_us", number},
                                column{"version"},
                                column{"reason"}};
constexpr std::array pools = {column{"cluster"},         column{"mode"},
                              column{"state"},           column{"size", number},
                              column{"active", number},  column{"idle", number},
                              column{"waiting", number}, column{"sessions", number},
                              column{"member"}};
constexpr std::array sessions = {
    column{"id", number}, column{"cluster"},        column{"user"},
    column{"database"},   column{"client"},         column{"application"},
    column{"state"},      column{"connected"},      column{"active_ms", number},
    column{"member"},     column{"server", number}, column{"pin"}};
constexpr std::array servers = {
    column{"cluster"},      column{"member"}, column{"server", number},  column{"user"},
    column{"database"},     column{"state"},  column{"session", number}, column{"idle_ms", number},
    column{"epoch", number}};
constexpr std::array statements = {
    column{"cluster"},        column{"fingerprint"},       column{"calls", number},
    column{"leader", number}, column{"followers", number}, column{"again", number},
    column{"last_member"},    column{"last_route"},        column{"statement"}};
constexpr std::array prepared = {column{"cluster"}, column{"core", number}, column{"name"},
                                 column{"holders", number}, column{"statement"}};
constexpr std::array pins = {column{"session", number}, column{"cluster"}, column{"user"},
                             column{"database"},        column{"client"},  column{"member"},
                             column{"server", number},  column{"reason"}};
constexpr std::array settings = {column{"key"}, column{"value"}, column{"default"},
                                 column{"source"}};
constexpr std::array routes = {column{"cluster"},     column{"database"},  column{"route"},
                               column{"fingerprint"}, column{"statement"}, column{"tables"}};
constexpr std::array version = {column{"version"}};
constexpr std::array reload = {column{"key"}, column{"change"}};
constexpr std::array isolation = {column{"transaction_isolation"}};
constexpr std::array drained = {column{"drain"}};
constexpr std::array help_list = {column{"command"}, column{"meaning"}};

}  // namespace

std::span<const column> columns_of(verb what) {
  switch (what) {
    case verb::show_clusters:
      return clusters;
    case verb::show_members:
      return members;
    case verb::show_pools:
      return pools;
    case verb::show_sessions:
      return sessions;
    case verb::show_servers:
      return servers;
    case verb::show_statements:
      return statements;
    case verb::show_prepared:
      return prepared;
    case verb::show_pins:
      return pins;
    case verb::show_settings:
      return settings;
    case verb::explain_route:
      return routes;
    case verb::show_version:
      return version;
    case verb::show_help:
      return help_list;
    case verb::reload:
      return reload;
    case verb::show_isolation:
      return isolation;
    case verb::drain:
      return drained;
    case verb::pause:
    case verb::resume:
    case verb::kill:
    case verb::nothing:
      break;
  }
  return {};
}

}  // namespace skein::console
