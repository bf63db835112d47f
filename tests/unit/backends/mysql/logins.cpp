// The two logins against each other: Skein as a client of Skein.
#include <doctest/doctest.h>

#include "backends/mysql/client_login.hpp"
#include "backends/mysql/server_login.hpp"
#include "tests/unit/backends/mysql/bytes.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

struct meeting {
  tls_mode near = tls_mode::disable;  // of the one that receives
  tls_mode far = tls_mode::disable;   // of the one that signs in
  std::optional<credentials> stored = credentials{.user = "ann", .password = "pencil"};
  credentials typed = {.user = "ann", .password = "pencil"};
  bool derives_keys = true;
  bool local = false;
  bool pipe_by_byte = false;
};

struct end {
  login_want near = login_want::input;
  login_want far = login_want::input;
  std::string near_text = {};
  std::string far_text = {};
  bool encrypted = false;
  login_request request = {};
  server_greeting greeting = {};
  wiped proven = {};
};

login_shared& shared() {
  static login_shared of_all;  // its key pair is made once
  return of_all;
}

class carrier {
 public:
  explicit carrier(const meeting& what) : what_(what) {
    near_.emplace(client_login_settings{.tls = what.near,
                                        .unix_socket = what.local,
                                        .derives_keys = what.derives_keys,
                                        .session_id = 4711},
                  shared());
    far_.emplace(server_login_settings{.tls = what.far,
                                       .who = what.typed,
                                       .request = {"ann", "shop", {}},
                                       .unix_socket = what.local});
  }

  end run() {
    end done;
    byte_view nothing;
    done.far = far_->advance(nothing);
    done.near = near_->advance(nothing);
    for (int turn = 0; turn < 5000; ++turn) {
      to_near_ += far_->take_output();
      if (done.near == login_want::admitted && !welcomed_) {
        welcomed_ = true;
        to_far_ += near_->welcome("", {});
      }
      to_far_ += near_->take_output();
      if (done.near == login_want::secret) {
        done.near = near_->credential(what_.stored);
      } else if (done.near == login_want::tls && done.far == login_want::tls) {
        done.encrypted = true;
        done.near = near_->encrypted({true, "", ""});
        done.far = far_->encrypted({true, "", ""});
      } else if (done.near == login_want::input && !to_near_.empty()) {
        done.near = pass(*near_, to_near_, held_by_near_);
      } else if (done.far == login_want::input && !to_far_.empty()) {
        done.far = pass(*far_, to_far_, held_by_far_);
      } else if (!welcomed_) {
        break;
      }
    }
    done.near_text = near_->failure().text_for_client;
    done.far_text = far_->failure().text_for_client;
    done.request = near_->request();
    done.greeting = far_->greeting();
    done.proven = near_->take_proven();
    return done;
  }

 private:
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
  std::optional<mysql::client_login> near_;
  std::optional<mysql::server_login> far_;
  std::string to_near_, to_far_, held_by_near_, held_by_far_;
  bool welcomed_ = false;
};

std::string sha2_verifier(std::string_view password) {
  const auto salt = random_nonce();  // what has been proved of another is not of this one
  return "$A$005$" + salt + sha256_crypt(password, salt, 5000);
}

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
        CHECK(done.greeting.key.id == 4711);
        CHECK(done.greeting.parameters.size() == 6);
        CHECK(done.request.database == "shop");
      }
    }
  }
}

TEST_CASE("everything that may be stored meets everybody who knows the password") {
  for (const bool local : {false, true}) {
    for (const auto tls : {tls_mode::disable, tls_mode::require}) {
      if (local && tls == tls_mode::require) continue;
      for (const bool by_byte : {false, true}) {
        for (const auto& verifier :
             {std::string(), native_verifier("pencil"), sha2_verifier("pencil")}) {
          meeting what{.near = tls,
                       .far = tls,
                       .derives_keys = verifier.empty(),
                       .local = local,
                       .pipe_by_byte = by_byte};
          if (!verifier.empty()) what.stored = credentials{.user = "ann", .verifier = verifier};
          // The second time what was proved is known.
          for (int round = 0; round < 2; ++round) {
            const auto done = carrier(what).run();
            CAPTURE(verifier);
            CAPTURE(done.near_text);
            CAPTURE(done.far_text);
            CHECK(done.near == login_want::admitted);
            REQUIRE(done.far == login_want::admitted);
            CHECK(done.proven.empty() == verifier.empty());
            // What it has proved signs in elsewhere, where the same is stored.
            if (verifier.empty()) continue;
            auto onward = what;
            onward.typed = {.user = "ann", .verifier = verifier, .proven = done.proven};
            CHECK(carrier(onward).run().far == login_want::admitted);
          }
          what.typed.password = "pencils";
          const auto wrong = carrier(what).run();
          CHECK(wrong.near == login_want::failed);
          CHECK(wrong.far_text == "Access denied for user 'ann'@'%' (using password: YES)");
        }
      }
    }
  }
}

TEST_CASE("a wrong password, no password and no such user end alike") {
  for (const bool derives : {true, false}) {
    for (const auto& stored :
         {std::optional(credentials{.user = "ann", .password = "other"}),
          std::optional(credentials{.user = "ann"}), std::optional<credentials>()}) {
      const auto done = carrier({.stored = stored, .derives_keys = derives}).run();
      CHECK(done.near == login_want::failed);
      CHECK(done.far == login_want::failed);
      CHECK(done.far_text == done.near_text);
      CHECK(done.far_text == "Access denied for user 'ann'@'%' (using password: YES)");
    }
  }
}

TEST_CASE("passwords of any bytes and lengths") {
  for (const auto& password : {std::string("p\u00e4ss"), std::string("\u5bc6\u7801"),
                               std::string("\xff\xfe"), std::string(200, 'x')}) {
    for (const auto tls : {tls_mode::disable, tls_mode::require}) {
      meeting what{.near = tls, .far = tls};
      what.stored = credentials{.user = "ann", .verifier = sha2_verifier(password)};
      what.typed.password = password;
      CHECK(carrier(what).run().far == login_want::admitted);
    }
  }
}
