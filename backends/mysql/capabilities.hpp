// What the two ends of a connection agree on: MySQL's 32 bits, and above them the 32 of MariaDB. A
// client's flags shape what its servers answer (row counts, ends of results, what is tracked), so
// those that do travel with its request, and a server connection is opened with the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/login.hpp"
#include "backends/mysql/flavour.hpp"

namespace skein::mysql {

using capability_set = std::uint64_t;

namespace capability {
inline constexpr capability_set bit(unsigned at) {
  return capability_set{1} << at;
}
// MariaDB calls it CLIENT_MYSQL: an end without it has flags in the upper half too.
inline constexpr capability_set long_password = bit(0), found_rows = bit(1), long_flag = bit(2),
                                connect_with_db = bit(3), no_schema = bit(4), compress = bit(5),
                                local_files = bit(7), ignore_space = bit(8), protocol_41 = bit(9),
                                interactive = bit(10), ssl = bit(11), transactions = bit(13),
                                secure_connection = bit(15), multi_statements = bit(16),
                                multi_results = bit(17), ps_multi_results = bit(18),
                                plugin_auth = bit(19), connect_attrs = bit(20),
                                plugin_auth_lenenc = bit(21), expired_passwords = bit(22),
                                session_track = bit(23), deprecate_eof = bit(24),
                                optional_metadata = bit(25), zstd = bit(26),
                                query_attributes = bit(27), multi_factor = bit(28),
                                remember_options = bit(31);
// MariaDB's own.
inline constexpr capability_set progress = bit(32), com_multi = bit(33), bulk_operations = bit(34),
                                extended_metadata = bit(35), cache_metadata = bit(36),
                                bulk_unit_results = bit(37);
inline constexpr capability_set of_mariadb = ~capability_set{0} << 32;
}  // namespace capability

std::string_view to_string(flavour which);

// What we tell clients that we can. What needs a part of Skein that it lacks is left out:
// attributes of queries, results without metadata, second factors.
capability_set offered_to_clients(flavour which, bool tls);
// Before a server of that version; empty: it is not known yet.
capability_set offered_before(std::string_view version, bool tls);
// Of a client's flags those that hold.
capability_set agreed_with_client(capability_set offered, capability_set asked);

// The flags that decide what a server answers and accepts: two clients that agree in them can share
// a server connection.
capability_set shaping(capability_set agreed);
// What is asked of a server for a client that agreed on `shaped`: no more than the server has.
capability_set asked_of_server(capability_set has, capability_set shaped, bool names_database);
// For connections of Skein itself, which no client shapes.
capability_set shaping_without_client();

// A client's flags, collation and attributes among the settings of its request.
struct client_traits {
  std::optional<capability_set> shaped = {};
  std::optional<std::uint8_t> collation = {};
  std::vector<std::pair<std::string, std::string>> attributes = {};
  // Of the client itself: all flags, of which `shaped` are some; and the nonce by which it proves
  // its passwords on that connection.
  std::optional<capability_set> agreed = {};
  std::string nonce = {};
};
void write_traits(const client_traits& what, login_request& into);
void write_nonce(const std::string& what, login_request& into);
client_traits read_traits(const login_request& from);

}  // namespace skein::mysql
