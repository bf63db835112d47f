// What every conversation knows of messages: which a client may send after its login, and the words
// for an exchange that cannot go on.
#pragma once

#include <cstdint>
#include <string>

#include "backends/error.hpp"
#include "backends/postgres/message.hpp"

namespace skein::postgres {

// Of a known type, and no longer than messages of that type may be.
bool client_may_send(char type, std::uint32_t length);
error bad_client_message(char type, std::uint32_t length);
error bad_server_message(char type, std::uint32_t length);
// The last words to a client whose server is gone. `commit_possible`: whether what it sent last
// took effect is not known, which it must hear in place of the cause.
std::string end_of_session(error why, bool commit_possible);

}  // namespace skein::postgres
