// Users of whom nothing but PostgreSQL's md5 hash is known: towards clients, and towards servers.
#include "backends/postgres/md5.hpp"

#include <doctest/doctest.h>

#include "backends/postgres/client_login.hpp"
#include "backends/postgres/server_login.hpp"
#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

// md5("pencil" + "ann"), and the answers to "salt": computed elsewhere.
const std::string hash = "md528754acffc5400623f44a44d30b50393";
const std::string answer_to_salt = "md54933d913ee8ea3c8d73c6322de31508f";

struct caller {
  scram_shared shared;
  std::optional<postgres::client_login> login = {};
  std::string left = {};
  std::string salt = {};

  caller() {
    login.emplace(client_login_settings{}, shared);
    wire::feed(*login, wire::session_start("ann"), left);
    login->credential(credentials{.user = "ann", .verifier = hash});
    const auto challenge = login->take_output();
    REQUIRE(challenge.starts_with("R" + wire::u32(12) + wire::u32(5)));
    salt = challenge.substr(9);
  }
  login_want say(std::string_view written) { return wire::feed(*login, written, left); }
};

std::string password(const std::string& given) {
  return wire::message('p', given + std::string(1, '\0'));
}

}  // namespace

TEST_CASE("what an md5 hash looks like") {
  CHECK(is_md5_hash(hash));
  for (const auto& text :
       {std::string(), std::string("md5"), hash + "0", hash.substr(0, 34), "MD5" + hash.substr(3),
        hash.substr(0, 34) + "g", hash.substr(0, 34) + "A", "xx" + hash.substr(2)})
    CHECK_FALSE(is_md5_hash(text));
}

TEST_CASE("the answer is the same from the password and from its hash") {
  CHECK(md5_answer({"ann", "pencil"}, "salt") == answer_to_salt);
  CHECK(md5_answer(credentials{.user = "ann", .verifier = hash}, "salt") == answer_to_salt);
}

TEST_CASE("a client answers a challenge of its own") {
  caller ann;
  const auto answer = md5_answer({"ann", "pencil"}, ann.salt).value();
  const auto message = password(answer);
  for (std::size_t size = 0; size < message.size(); ++size)
    CHECK(ann.say(message.substr(0, size)) == login_want::input);
  CHECK(ann.say(message) == login_want::admitted);
  CHECK(caller().salt != caller().salt);
}

TEST_CASE("any other answer lets nobody in") {
  for (const auto& wrong :
       {std::string(), std::string("pencil"), hash, answer_to_salt, "md5" + std::string(32, '0')}) {
    caller ann;
    CHECK(ann.say(password(wrong)) == login_want::failed);
    CHECK(ann.login->failure().sqlstate == "28P01");
    CHECK(ann.login->failure().text_for_client ==
          "password authentication failed for user \"ann\"");
  }
  for (const auto& garbage : {wire::query("select 1"), wire::message('p'),
                              wire::message('p', "md5"), password("md5") + "x"}) {
    caller ann;
    CHECK(ann.say(garbage) == login_want::failed);
  }
}

TEST_CASE("a server is answered by the hash where it asks for md5, and told apart where not") {
  scram_shared shared;
  const server_login_settings how{.tls = tls_mode::disable,
                                  .who = credentials{.user = "ann", .verifier = hash},
                                  .request = {"ann", "shop", {}},
                                  .unix_socket = true,
                                  .member = "b"};
  std::string left;
  postgres::server_login asked(how, shared);
  wire::feed(asked, "", left);
  asked.take_output();
  CHECK(wire::feed(asked, wire::message('R', wire::u32(5) + "salt"), left) == login_want::input);
  CHECK(asked.take_output() == password(answer_to_salt));

  struct row {
    std::string request;
    const char* words;
  };
  for (const auto& [request, words] :
       {row{wire::message('R', wire::u32(10) + wire::text("SCRAM-SHA-256\0\0")),
            "member \"b\" asks for SCRAM, and of user \"ann\" only the md5 hash is known"},
        row{wire::message('R', wire::u32(3)), "asks for the password in clear text"}}) {
    postgres::server_login other(how, shared);
    wire::feed(other, "", left);
    CHECK(wire::feed(other, request, left) == login_want::failed);
    CHECK(other.failure().text_for_client.find(words) != std::string::npos);
  }
}
