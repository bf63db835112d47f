#include "backends/mysql/errors.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace skein::mysql {

namespace {

struct number_and_state {
  std::uint16_t code;
  std::string_view sqlstate;
};

// Numbers of servers, none of a client's own (2000 and up): what a client library says of itself
// may be read as such. Class 08 says that the connection is gone, which drivers and pools act on;
// all of these but a late statement and what is unsupported end it.
number_and_state answer_for(const error& why) {
  switch (why.kind) {
    case error_kind::protocol:
      return {1043, "08S01"};  // ER_HANDSHAKE_ERROR
    case error_kind::login:
      // A database that a user may not enter is told apart by its SQLSTATE: ER_DBACCESS_DENIED.
      if (why.sqlstate == "42000") return {1044, "42000"};
      return {1045, "28000"};  // ER_ACCESS_DENIED
    case error_kind::unsupported:
      return {1235, "42000"};  // ER_NOT_SUPPORTED_YET
    case error_kind::limit:
      return {1040, "08004"};  // ER_CON_COUNT: "too many connections", which pools wait for
    case error_kind::timeout:
      // A late client loses its connection: ER_NET_READ_INTERRUPTED. A late statement is cancelled:
      // ER_QUERY_TIMEOUT, and not ER_LOCK_WAIT_TIMEOUT (1205), which is tried again on its own
      // although the transaction may be gone.
      if (why.whose == fault::client) return {1159, "08S01"};
      return {3024, "HY000"};
    case error_kind::shutdown:
      // By who may: ER_QUERY_INTERRUPTED, as the server's own clients are told.
      if (why.whose == fault::client) return {1317, "70100"};
      [[fallthrough]];
    case error_kind::unavailable:
    case error_kind::lost:
      return {1053, "08S01"};  // ER_SERVER_SHUTDOWN: come again, perhaps elsewhere
    case error_kind::in_doubt:
      // ER_ERROR_DURING_COMMIT, which nobody repeats by itself, under the standard's own "outcome
      // unknown".
      return {1180, "08007"};
    case error_kind::rolled_back:
      return {1213, "40001"};  // ER_LOCK_DEADLOCK: frameworks run the transaction again
    case error_kind::internal:
      break;
  }
  return {1105, "HY000"};  // ER_UNKNOWN_ERROR
}

struct classified {
  error_kind kind;
  fault whose;
};

struct known_number {
  std::uint16_t code;
  classified as;
};

// What the number says of a login; what is not here is the server's trouble, and may pass.
constexpr auto known_numbers = std::to_array<known_number>({
    {1040, {error_kind::limit, fault::server}},        // too many connections
    {1043, {error_kind::protocol, fault::us}},         // bad handshake
    {1044, {error_kind::login, fault::client}},        // not that database
    {1045, {error_kind::login, fault::client}},        // not that user, or password
    {1047, {error_kind::protocol, fault::us}},         // unknown command
    {1049, {error_kind::login, fault::client}},        // no such database
    {1129, {error_kind::limit, fault::server}},        // this host is blocked
    {1130, {error_kind::login, fault::us}},            // this host is not allowed
    {1203, {error_kind::limit, fault::server}},        // too many of this user
    {1226, {error_kind::limit, fault::server}},        // a resource of this user
    {1235, {error_kind::unsupported, fault::client}},  // not supported
    {1251, {error_kind::unsupported, fault::us}},      // an older method
    {1275, {error_kind::unsupported, fault::us}},      // an older password
    {1698, {error_kind::login, fault::client}},        // not without a password
    {1820, {error_kind::login, fault::client}},        // must change the password
    {1835, {error_kind::protocol, fault::us}},         // malformed packet
    {1862, {error_kind::login, fault::client}},        // the password has expired
    {3118, {error_kind::login, fault::client}},        // the account is locked
    {3159, {error_kind::unsupported, fault::us}},      // not without TLS
    {4151, {error_kind::login, fault::client}},        // MariaDB: the account is locked
});

classified classify(std::uint16_t code) {
  const auto* const found = std::ranges::find(known_numbers, code, &known_number::code);
  if (found != known_numbers.end()) return found->as;
  return {error_kind::unavailable, fault::server};
}

}  // namespace

error_packet packet_of(const error& why) {
  const auto [code, sqlstate] = answer_for(why);
  const bool own = why.sqlstate.size() == 5;
  return {code, own ? why.sqlstate : std::string(sqlstate),
          why.text_for_client.empty() ? std::string(to_string(why.kind)) : why.text_for_client};
}

std::string error_response(std::uint8_t number, const error& why, bool greeted) {
  auto what = packet_of(why);
  if (!greeted) what.sqlstate.clear();
  return written(number, what);
}

error error_of(const error_packet& told) {
  const auto [kind, whose] = classify(told.code);
  return {kind, whose, told.sqlstate,
          told.text.empty() ? "the server reported an error without a text" : told.text,
          "server: " + std::to_string(told.code) + " " + told.sqlstate};
}

error read_error_response(byte_view body) {
  auto told = read_error(body);
  return told ? error_of(*told) : std::move(told.error());
}

std::string host_of(const network& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.of == network::family::local) return "localhost";
  if (from.of == network::family::any) return "%";
  const int kind = from.of == network::family::ip4 ? AF_INET : AF_INET6;
  return inet_ntop(kind, from.bytes.data(), text.data(), text.size()) != nullptr ? text.data()
                                                                                 : "%";
}

error in_doubt_by(error why) {
  why.kind = error_kind::in_doubt;
  why.sqlstate.clear();
  why.text_for_client =
      "whether the transaction was committed is not known: " + why.text_for_client +
      "; look for its effects before you send it again";
  return why;
}

error senseless_server() {
  return {error_kind::protocol, fault::server, {}, "the server said what makes no sense here", {}};
}

}  // namespace skein::mysql
