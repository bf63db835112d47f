// How a connection to a server becomes encrypted: SSLRequest, and the one byte that answers it.
// Shared by the login and the cancel request.
#pragma once

#include <optional>
#include <string>

#include "backends/error.hpp"
#include "backends/login.hpp"

namespace skein::postgres {

enum class tls_verdict : std::uint8_t { waiting, encrypt, go_on_plain };

class tls_offer {
 public:
  tls_offer(tls_mode mode, bool unix_socket)
      : wanted_(mode != tls_mode::disable && !unix_socket), required_(mode >= tls_mode::require) {}

  bool wanted() const { return wanted_; }
  // The byte is taken off `input`. Anything behind it came before the handshake and could be
  // anyone's (CVE-2021-23222): an error.
  result<tls_verdict> take_answer(byte_view& input) const;

 private:
  bool wanted_;
  bool required_;
};

}  // namespace skein::postgres
