// skein::error and PostgreSQL's ErrorResponse, each from the other. SQLSTATE is what drivers
// decide by, so each kind has one that they already know.
#pragma once

#include <string>
#include <string_view>

#include "backends/error.hpp"
#include "backends/login.hpp"

namespace skein::postgres {

// What the error itself names, else what suits its kind.
std::string_view sqlstate_of(const error& why);

struct error_words {
  std::string_view severity = "FATAL";  // after which the connection closes
  std::string_view detail = {};
  std::string_view hint = {};
  std::string_view routine = {};  // of the server's source: drivers decide by some
};
// The message, ready to send. detail_for_log stays out of it.
std::string error_response(const error& why, const error_words& words = {});

// Something that the client's user may want to know, and that stops nothing.
std::string notice_response(std::string_view text);

// From the body of a server's ErrorResponse: its own words and SQLSTATE.
error read_error_response(byte_view body);
// One of its fields; empty where there is none.
std::string_view field_of_error(byte_view body, char wanted);

}  // namespace skein::postgres
