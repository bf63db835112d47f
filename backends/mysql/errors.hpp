// skein::error and MySQL's ERR, each from the other. Drivers decide by number and by SQLSTATE, so
// each kind has a pair that they already know.
#pragma once

#include <cstdint>
#include <string>

#include "backends/error.hpp"
#include "backends/login_rules.hpp"
#include "backends/mysql/replies.hpp"

namespace skein::mysql {

// detail_for_log stays out of it.
error_packet packet_of(const error& why);
// Ready to send. Before the greeting an error has no SQLSTATE: clients would read it as text.
std::string error_response(std::uint8_t number, const error& why, bool greeted = true);

// Of a client, as servers name it in their refusals.
std::string host_of(const network& from);

// From a server's ERR: its own words and SQLSTATE; the number is in the detail.
error error_of(const error_packet& told);
error read_error_response(byte_view body);
// What is heard of a commit whose answer never came, for that reason.
error in_doubt_by(error why);
// Of bytes that are no answer.
error senseless_server();

}  // namespace skein::mysql
