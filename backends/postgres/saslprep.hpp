// Passwords as SCRAM hashes them (RFC 4013), by PostgreSQL's rule: what cannot be prepared is
// hashed as it stands.
#pragma once

#include <string>
#include <string_view>

namespace skein::postgres {

// ASCII is returned as it is, as are bytes that are no UTF-8 or hold a prohibited character. Else
// the mapping step is done: exotic spaces become a space, invisible marks vanish. NFKC is not
// applied: a password with compatibility forms or combining marks (full-width letters, ligatures,
// a letter followed by its accent) is to be written in NFKC form in the settings, as clients and
// servers hash it in that form.
std::string saslprep(std::string_view password);

}  // namespace skein::postgres
