// The two logins against each other: Skein as a client of Skein.
#include <doctest/doctest.h>

#include "backends/postgres/client_login.hpp"
#include "backends/postgres/server_login.hpp"
#include "backends/postgres/session_state.hpp"
#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

struct meeting {
  tls_mode near = tls_mode::disable;  // of the one that receives
  tls_mode far = tls_mode::disable;   // of the one that signs in
  std::optional<std::string> stored = "pencil";
  std::string typed = "pencil";
  std::string hash_here = {};
  std::string hash_seen = {};
  bool pipe_by_byte = false;
};

struct end {
  login_want near = login_want::input;
  login_want far = login_want::input;
  std::string near_text = {};
  std::string far_text = {};
  bool encrypted = false;
  server_greeting greeting = {};
};

class carrier {
 public:
  explicit carrier(const meeting& what) : what_(what) {
    shared_.iterations = 16;
    near_.emplace(client_login_settings{what.near, what.hash_here, false}, shared_);
    far_.emplace(server_login_settings{what.far, {"ann", what.typed}, {"ann", "shop", {}}, false},
                 shared_);
  }

  end run() {
    end done;
    byte_view nothing;
    done.far = far_->advance(nothing);
    done.near = near_->advance(nothing);
    for (int turn = 0; turn < 2000; ++turn) {
      to_near_ += far_->take_output();
      to_far_ += near_->take_output();
      if (done.near == login_want::secret) {
        done.near = near_->credential(stored());
      } else if (done.near == login_want::admitted && !welcomed_) {
        welcomed_ = true;
        to_far_ +=
            near_->welcome(postgres::status_messages({{"server_version", "15"}}), {5, "abcd"});
      } else if (done.near == login_want::tls && done.far == login_want::tls) {
        done.encrypted = true;
        done.near = near_->encrypted({true, what_.hash_here, ""});
        done.far = far_->encrypted({true, what_.hash_seen, ""});
      } else if (done.near == login_want::input && !to_near_.empty()) {
        done.near = pass(*near_, to_near_, held_by_near_);
      } else if (done.far == login_want::input && !to_far_.empty()) {
        done.far = pass(*far_, to_far_, held_by_far_);
      } else {
        break;
      }
    }
    done.near_text = near_->failure().text_for_client;
    done.far_text = far_->failure().text_for_client;
    done.greeting = far_->greeting();
    return done;
  }

 private:
  std::optional<credentials> stored() const {
    if (!what_.stored) return std::nullopt;
    return credentials{"ann", *what_.stored};
  }
  template <typename login>
  login_want pass(login& to, std::string& line, std::string& held) {
    const std::size_t size = what_.pipe_by_byte ? 1 : line.size();
    held += line.substr(0, size);
    line.erase(0, size);
    auto input = wire::bytes(held);
    const auto want = to.advance(input);
    held.erase(0, held.size() - input.size());
    return want;
  }

  meeting what_;
  scram_shared shared_;
  std::optional<postgres::client_login> near_;
  std::optional<postgres::server_login> far_;
  std::string to_near_, to_far_, held_by_near_, held_by_far_;
  bool welcomed_ = false;
};

}  // namespace

TEST_CASE("every pair of TLS modes meets, or says why not") {
  for (const auto near : {tls_mode::disable, tls_mode::allow, tls_mode::require}) {
    for (const auto far : {tls_mode::disable, tls_mode::allow, tls_mode::require}) {
      for (const bool by_byte : {false, true}) {
        const auto done = carrier({.near = near, .far = far, .pipe_by_byte = by_byte}).run();
        const bool mismatch = (near == tls_mode::disable && far == tls_mode::require) ||
                              (near == tls_mode::require && far == tls_mode::disable);
        CAPTURE(static_cast<int>(near));
        CAPTURE(static_cast<int>(far));
        CAPTURE(done.far_text);
        CHECK((done.far == login_want::admitted) == !mismatch);
        CHECK(done.encrypted == (near != tls_mode::disable && far != tls_mode::disable));
        if (mismatch) continue;
        CHECK(done.greeting.key == cancel_key{5, "abcd"});
        CHECK(done.greeting.parameters.size() == 1);
      }
    }
  }
}

TEST_CASE("channel binding holds against another certificate in between") {
  meeting what{.near = tls_mode::require, .far = tls_mode::require};
  what.hash_here = std::string(32, 'a');
  what.hash_seen = what.hash_here;
  CHECK(carrier(what).run().far == login_want::admitted);
  what.hash_seen = std::string(32, 'b');
  const auto cheated = carrier(what).run();
  CHECK(cheated.near == login_want::failed);
  CHECK(cheated.far == login_want::failed);
  CHECK(cheated.near_text.find("another certificate") != std::string::npos);
  what.hash_seen.clear();  // a certificate without a usable hash: no binding, still a login
  CHECK(carrier(what).run().far == login_want::admitted);
  what.hash_seen = what.hash_here;
  what.hash_here.clear();
  CHECK(carrier(what).run().far == login_want::admitted);
}

TEST_CASE("a wrong password, no password and no such user end alike") {
  std::string texts[3];
  const std::optional<std::string> stored[] = {"other", "", std::nullopt};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto done = carrier({.stored = stored[i]}).run();
    CHECK(done.near == login_want::failed);
    CHECK(done.far == login_want::failed);
    CHECK(done.far_text == done.near_text);
    texts[i] = done.far_text;
  }
  CHECK(texts[0] == "password authentication failed for user \"ann\"");
  CHECK(texts[1] == texts[0]);
  CHECK(texts[2] == texts[0]);
}

TEST_CASE("passwords beyond ASCII") {
  for (const char* const password : {"p\u00e4ss", "\u5bc6\u7801", "\xff\xfe", "a\u00a0b"}) {
    CHECK(carrier({.stored = password, .typed = password}).run().far == login_want::admitted);
  }
  CHECK(carrier({.stored = "a b", .typed = "a\u00a0b"}).run().far == login_want::admitted);
}
