#include "backends/postgres/tls_offer.hpp"

namespace skein::postgres {

result<tls_verdict> tls_offer::take_answer(byte_view& input) const {
  if (input.empty()) return tls_verdict::waiting;
  const char answer = static_cast<char>(input.front());
  input = input.subspan(1);
  if (answer != 'S' && answer != 'N') {
    // An 'E' here is an error message of nobody proven, so that its text is not passed on
    // (CVE-2024-10977).
    return failure(error_kind::protocol, fault::server,
                   "the server answered the request for TLS with neither yes nor no",
                   "first byte " + std::to_string(static_cast<unsigned char>(answer)));
  }
  if (!input.empty())
    return failure(error_kind::protocol, fault::server,
                   "the server sent unencrypted bytes behind its answer to the request for TLS: "
                   "something between may have put them there");
  if (answer == 'S') return tls_verdict::encrypt;
  if (!required_) return tls_verdict::go_on_plain;
  return failure(error_kind::unavailable, fault::server,
                 "the server does not take TLS, which is required for it: set ssl = on there, or "
                 "relax the member's tls setting");
}

}  // namespace skein::postgres
