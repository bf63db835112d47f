// A client that sends anything at all while it signs in: it is never admitted without the password,
// and arrives at the same end however its bytes are cut.
#include "backends/mysql/client_login.hpp"

#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

struct run {
  login_want want = login_want::input;
  std::size_t said = 0;  // nonces are random: lengths are not
};

// What is known of the user: a password, what servers store of one, or nobody.
std::optional<credentials> known_as(unsigned kind) {
  static const std::string password = "a password that no input holds";
  static const std::string salt = "01234567890123456789";
  static const std::string sha2 = "$A$001$" + salt + sha256_crypt(password, salt, 1000);
  if (kind == 0) return credentials{.user = "ann", .password = password};
  if (kind == 1) return credentials{.user = "ann", .verifier = native_verifier(password)};
  if (kind == 2) return credentials{.user = "ann", .verifier = sha2};
  return std::nullopt;
}

// Bytes are given in steps of `cut`; what is not taken is given again with more behind it. A TLS
// handshake drops nothing here: what follows is taken for what came encrypted.
run sign_in(byte_view all, std::size_t cut, unsigned kind, const client_login_settings& how) {
  static login_shared shared;
  mysql::client_login login(how, shared);
  byte_view nothing;
  run done{login.advance(nothing), login.take_output().size()};
  std::string held;
  while (true) {
    const auto part = all.first(std::min(cut, all.size()));
    all = all.subspan(part.size());
    held += as_text(part);
    for (bool again = true; again;) {
      auto input = as_bytes(held);
      done.want = login.advance(input);
      fuzz::must(input.size() <= held.size(), "no more is taken than there is");
      const bool eaten = input.size() < held.size();
      held.erase(0, held.size() - input.size());
      again = done.want == login_want::tls || done.want == login_want::secret ||
              (eaten && done.want == login_want::input);
      if (done.want == login_want::tls) done.want = login.encrypted({true, "", "ann"});
      if (done.want == login_want::secret) {
        fuzz::must(!login.request().user.empty(), "a user is named");
        done.want = login.credential(known_as(kind));
      }
      done.said += login.take_output().size();
    }
    fuzz::must(done.want != login_want::admitted, "nobody is admitted without the password");
    fuzz::must(login.take_proven().empty(), "nothing is proved without the password");
    if (done.want == login_want::failed) {
      fuzz::must(!login.failure().text_for_client.empty(), "a failure has a text");
      return done;
    }
    if (all.empty()) return done;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  client_login_settings how;
  how.tls = static_cast<tls_mode>(in.choose() % 5);
  const unsigned choices = in.choose();
  how.unix_socket = (choices & 1) != 0;
  how.derives_keys = (choices & 2) != 0;
  const unsigned kind = choices >> 2 & 3;
  const std::size_t cut = 1 + in.choose() % 16;
  const auto all = in.rest();
  const auto one = sign_in(all, cut, kind, how);
  const auto other = sign_in(all, 1, kind, how);
  fuzz::must(one.want == other.want, "the end does not depend on the cut");
  fuzz::must(one.said == other.said, "the answers do not depend on the cut");
  return 0;
}
