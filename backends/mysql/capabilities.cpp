#include "backends/mysql/capabilities.hpp"

#include <charconv>

namespace skein::mysql {

namespace {

constexpr std::string_view capabilities_name = "capabilities";
constexpr std::string_view collation_name = "collation";
constexpr std::string_view nonce_name = "nonce";
constexpr std::string_view attribute_prefix = "attribute.";

constexpr capability_set shaping_flags =
    capability::found_rows | capability::no_schema | capability::local_files |
    capability::ignore_space | capability::interactive | capability::multi_statements |
    capability::multi_results | capability::ps_multi_results | capability::expired_passwords |
    capability::session_track | capability::deprecate_eof | capability::bulk_operations |
    capability::extended_metadata | capability::bulk_unit_results;

// What a login is made of, whoever logs in.
constexpr capability_set login_flags = capability::long_flag | capability::protocol_41 |
                                       capability::transactions | capability::secure_connection |
                                       capability::plugin_auth | capability::connect_attrs |
                                       capability::plugin_auth_lenenc;

template <typename Number>
std::optional<Number> read_number(std::string_view text) {
  Number value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view to_string(flavour which) {
  return which == flavour::mariadb ? "mariadb" : "mysql";
}

capability_set offered_to_clients(flavour which, bool tls) {
  // Compression is between a client and us, whatever the servers can.
  capability_set all = login_flags | capability::connect_with_db | shaping_flags |
                       capability::compress | capability::zstd;
  if (tls) all |= capability::ssl;
  if (which == flavour::mariadb) return all;
  return (all & ~capability::of_mariadb) | capability::long_password;
}

// A newer flag than the server's own would be agreed on with nobody behind us.
capability_set offered_before(std::string_view version, bool tls) {
  if (!version.contains("MariaDB")) return offered_to_clients(flavour::mysql, tls);
  capability_set all = offered_to_clients(flavour::mariadb, tls);
  const auto release = release_of(version);
  if (release < 100200) all &= ~capability::bulk_operations;
  if (release < 100500) all &= ~capability::extended_metadata;
  if (release < 110501) all &= ~capability::bulk_unit_results;
  return all;
}

// Some clients name flags of servers that they have met elsewhere: what was not offered is nothing.
capability_set agreed_with_client(capability_set offered, capability_set asked) {
  // A client that knows the upper half leaves the lowest bit out; one that does not has no upper
  // half, whatever stands in its place.
  if ((asked & capability::long_password) != 0) asked &= ~capability::of_mariadb;
  capability_set agreed = offered & asked;
  // A client that sends several statements at once reads several results, and is held to it.
  if ((agreed & capability::multi_statements) != 0) agreed |= capability::multi_results;
  return agreed;
}

capability_set shaping(capability_set agreed) {
  return agreed & shaping_flags;
}

// A server of MariaDB is told that we are not MySQL only for a client that uses what is MariaDB's:
// all else then is as if the client had connected by itself.
capability_set asked_of_server(capability_set has, capability_set shaped, bool names_database) {
  capability_set wanted = login_flags | shaping(shaped);
  if (names_database) wanted |= capability::connect_with_db;
  wanted &= has;
  if ((wanted & capability::of_mariadb) == 0) wanted |= capability::long_password;
  // Of every server since 4.1, and what our messages are written in, whether it was said or not.
  return wanted | capability::protocol_41 | capability::secure_connection;
}

capability_set shaping_without_client() {
  return capability::multi_results | capability::ps_multi_results | capability::session_track |
         capability::deprecate_eof;
}

void write_traits(const client_traits& what, login_request& into) {
  auto& told = into.parameters;
  if (const auto flags = what.agreed ? what.agreed : what.shaped)
    told.emplace_back(capabilities_name, std::to_string(*flags));
  if (what.collation) told.emplace_back(collation_name, std::to_string(*what.collation));
  if (!what.nonce.empty()) write_nonce(what.nonce, into);
  for (const auto& [name, value] : what.attributes)
    told.emplace_back(std::string(attribute_prefix) + name, value);
}

void write_nonce(const std::string& what, login_request& into) {
  into.parameters.emplace_back(nonce_name, what);
}

client_traits read_traits(const login_request& from) {
  client_traits known;
  for (const auto& [name, value] : from.parameters) {
    if (name == capabilities_name) {
      known.agreed = read_number<capability_set>(value);
      if (known.agreed) known.shaped = shaping(*known.agreed);
    } else if (name == collation_name) {
      known.collation = read_number<std::uint8_t>(value);
    } else if (name == nonce_name) {
      known.nonce = value;
    } else if (name.starts_with(attribute_prefix)) {
      known.attributes.emplace_back(name.substr(attribute_prefix.size()), value);
    }
  }
  return known;
}

}  // namespace skein::mysql
