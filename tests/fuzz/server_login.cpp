// A server that sends anything at all while we sign in: it never sees the password in clear text
// over a plain connection, and is not believed without its proof once SCRAM has begun.
#include "backends/postgres/server_login.hpp"

#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::postgres;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static scram_shared shared;
  fuzz::input in(data, size);
  server_login_settings how;
  how.tls = static_cast<tls_mode>(in.choose() % 3);
  how.who = {"ann", "a password to keep"};
  how.request = {"ann", "shop", {}};
  const std::size_t cut = 1 + in.choose() % 32;
  postgres::server_login login(how, shared);

  bool encrypted = false;
  bool in_scram = false;
  std::string held;
  for (bool last = false; !last;) {
    last = in.empty();
    held += as_text(in.bytes(cut));
    // The iteration count alone could make this slow.
    if (held.find("i=") != std::string::npos) return 0;
    auto input = as_bytes(held);
    const auto want = login.advance(input);
    fuzz::must(input.size() <= held.size(), "no more is taken than there is");
    held.erase(0, held.size() - input.size());
    if (want == login_want::tls) {
      encrypted = true;
      login.encrypted({true, "hash", ""});
    }
    const auto said = login.take_output();
    fuzz::must(encrypted || said.find(how.who.password) == std::string::npos,
               "no password in clear text");
    in_scram = in_scram || said.find("SCRAM-SHA-256") != std::string::npos;
    if (want == login_want::admitted) fuzz::must(!in_scram, "no server is believed unproven");
    if (want == login_want::failed) {
      fuzz::must(!login.failure().text_for_client.empty(), "a failure has a text");
      return 0;
    }
    if (want == login_want::admitted) return 0;
  }
  return 0;
}
