// Whether a text is a COMMIT or ROLLBACK and nothing else: what can be done in a server's place, or
// asked ahead of it.
#pragma once

#include <cstdint>
#include <string_view>

namespace skein::postgres {

enum class commit : std::uint8_t { none, plain, and_chain };

// COMMIT and END, with all that may stand behind but for prepared transactions. A text with
// comments is none.
commit commit_of(std::string_view text);
// ROLLBACK and ABORT of the whole transaction, without AND CHAIN.
bool is_rollback(std::string_view text);

}  // namespace skein::postgres
