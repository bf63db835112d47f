// A client that sends anything at all while it signs in: it is never admitted without the password,
// and arrives at the same end however its bytes are cut.
#include "backends/postgres/client_login.hpp"

#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

struct run {
  login_want want = login_want::input;
  std::string said;
};

// Bytes are given in steps of `cut`; what is not taken is given again with more behind it. A TLS
// handshake drops nothing here: what follows is taken for what came encrypted.
run sign_in(byte_view all, std::size_t cut, const client_login_settings& how) {
  static scram_shared shared;
  shared.iterations = 1;
  shared.nonce = [] { return std::string("ours"); };
  postgres::client_login login(how, shared);
  run done;
  std::string held;
  while (true) {
    const auto part = all.first(std::min(cut, all.size()));
    all = all.subspan(part.size());
    held += as_text(part);
    for (bool again = true; again;) {
      auto input = as_bytes(held);
      done.want = login.advance(input);
      fuzz::must(input.size() <= held.size(), "no more is taken than there is");
      held.erase(0, held.size() - input.size());
      done.said += login.take_output();
      again = done.want == login_want::tls || done.want == login_want::secret;
      if (done.want == login_want::tls) login.encrypted({true, "hash", "ann"});
      if (done.want == login_want::secret) {
        fuzz::must(!login.request().user.empty(), "a user is named");
        login.credential(credentials{"ann", "a password that no input holds"});
      }
    }
    fuzz::must(done.want != login_want::admitted, "nobody is admitted without the password");
    if (done.want == login_want::failed) {
      fuzz::must(!login.failure().text_for_client.empty(), "a failure has a text");
      return done;
    }
    if (done.want == login_want::cancel || all.empty()) return done;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  client_login_settings how;
  how.tls = static_cast<tls_mode>(in.choose() % 5);
  how.endpoint_hash = "hash";
  const std::size_t cut = 1 + in.choose() % 16;
  const auto all = in.rest();
  const auto one = sign_in(all, cut, how);
  const auto other = sign_in(all, 1, how);
  // Where TLS is taken, bytes that come together with the request are refused and later ones are
  // not: only then does the cut matter.
  if (how.tls != tls_mode::disable) return 0;
  fuzz::must(one.want == other.want, "the end does not depend on the cut");
  fuzz::must(one.said == other.said, "the answers do not depend on the cut");
  return 0;
}
