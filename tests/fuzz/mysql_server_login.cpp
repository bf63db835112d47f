// A server that sends anything at all while we sign in: it never sees the password in clear text
// over a plain connection, and never the key of a proof.
#include "backends/mysql/server_login.hpp"

#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::mysql;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  server_login_settings how;
  how.tls = static_cast<tls_mode>(in.choose() % 3);
  const std::string password = "a password to keep";
  const auto key = key_of(auth_plugin::native, password);
  const unsigned kind = in.choose() % 3;
  how.who = {.user = "ann", .password = password};
  if (kind == 1) how.who = {.user = "ann", .verifier = native_verifier(password), .proven = key};
  if (kind == 2) how.who = {.user = "ann"};
  how.request = {"ann", "shop", {}};
  const std::size_t cut = 1 + in.choose() % 64;
  mysql::server_login login(how);

  bool encrypted = false;
  std::string held;
  for (bool last = false; !last;) {
    last = in.empty();
    held += as_text(in.bytes(cut));
    auto input = as_bytes(held);
    auto want = login.advance(input);
    fuzz::must(input.size() <= held.size(), "no more is taken than there is");
    held.erase(0, held.size() - input.size());
    auto said = login.take_output();
    if (want == login_want::tls) {
      encrypted = true;
      fuzz::must(said.size() == 36, "nothing but the request goes ahead of TLS");
      login.encrypted({true, "", ""});
      said = login.take_output();
    }
    fuzz::must(encrypted || said.find(password) == std::string::npos, "no password in clear text");
    fuzz::must(said.find(key.view()) == std::string::npos, "no key without its mask");
    if (want == login_want::failed) {
      fuzz::must(!login.failure().text_for_client.empty(), "a failure has a text");
      return 0;
    }
    if (want == login_want::admitted) {
      fuzz::must(!login.greeting().parameters.empty(), "a server says what it is");
      return 0;
    }
  }
  return 0;
}
