#include "backends/postgres/framing.hpp"

#include <array>
#include <utility>

#include "backends/postgres/errors.hpp"

namespace skein::postgres {

namespace {

// How long a message of each type may be; 0: a client sends no such message after its login.
constexpr auto client_length_max = [] {
  std::array<std::uint32_t, 256> table{};
  for (const char type : {from_frontend::query, from_frontend::parse, from_frontend::bind,
                          from_frontend::function_call, from_frontend::copy_data})
    table[static_cast<unsigned char>(type)] = length_max;
  for (const char type : {from_frontend::describe, from_frontend::execute, from_frontend::close,
                          from_frontend::flush, from_frontend::sync, from_frontend::copy_done,
                          from_frontend::copy_fail, from_frontend::terminate})
    table[static_cast<unsigned char>(type)] = small_length_max;
  return table;
}();

std::string hexadecimal(unsigned char value) {
  static constexpr std::string_view letters = "0123456789abcdef";
  return {'0', 'x', letters[value >> 4], letters[value & 0xf]};
}

}  // namespace

bool client_may_send(char type, std::uint32_t length) {
  return length >= length_bytes && length <= client_length_max[static_cast<unsigned char>(type)];
}

error bad_client_message(char type, std::uint32_t length) {
  const auto value = static_cast<unsigned char>(type);
  const bool known = client_length_max[value] != 0;
  return {error_kind::protocol,
          fault::client,
          {},
          known ? "invalid message length " + std::to_string(length) + " in a message of type " +
                      hexadecimal(value)
                : "invalid message type " + hexadecimal(value) + " after the login",
          {}};
}

error bad_server_message(char type, std::uint32_t length) {
  return {error_kind::protocol,
          fault::server,
          {},
          "the server broke the protocol, so that the connection to it was given up",
          "message type " + hexadecimal(static_cast<unsigned char>(type)) + ", length " +
              std::to_string(length)};
}

std::string end_of_session(error why, bool commit_possible) {
  if (!commit_possible) return error_response(why);
  const auto cause = std::exchange(
      why.text_for_client,
      "the connection to the server was lost before it answered: whether the transaction was "
      "committed is not known");
  why.kind = error_kind::in_doubt;
  why.sqlstate.clear();
  return error_response(
      why, {.detail = cause, .hint = "Look for its effects before you send it again."});
}

}  // namespace skein::postgres
