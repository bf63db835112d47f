#include "backends/mysql/stored_password.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::mysql;

namespace {

const std::string native = "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19";  // of "password"

std::string sha2_verifier(std::string_view password) {
  const std::string salt = "01234567890123456789";
  return "$A$005$" + salt + sha256_crypt(password, salt, 5000);
}

}  // namespace

TEST_CASE("SHA-crypt as its specification has it") {
  CHECK(sha256_crypt("Hello world!", "saltstring", 5000) ==
        "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5");
  CHECK(sha256_crypt("Hello world!", "saltstringsaltst", 10'000) ==
        "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA");
  CHECK(sha256_crypt("a very much longer text to encrypt.  This one even stretches over morethan "
                     "one line.",
                     "anotherlongsalts", 1400) == "Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1");
}

TEST_CASE("what is stored is told from a password") {
  const auto one = read_stored_password(native);
  REQUIRE(one);
  CHECK(one->by == auth_plugin::native);
  CHECK(fits(*one, "password"));
  CHECK_FALSE(fits(*one, "Password"));
  CHECK(native_verifier("password") == native);

  const auto other = read_stored_password(sha2_verifier("password"));
  REQUIRE(other);
  CHECK(other->by == auth_plugin::caching_sha2);
  CHECK(other->rounds == 5000);
  CHECK(fits(*other, "password"));
  CHECK_FALSE(fits(*other, "Password"));
  CHECK_FALSE(fits(*other, ""));
  CHECK_FALSE(fits(*other, std::string(password_bytes_max + 1, 'x')));

  for (const auto& wrong : {std::string(), std::string("*"), native.substr(1), native + "0",
                            "*" + std::string(40, 'x'), std::string("$A$005$short"),
                            "$A$000$" + std::string(63, 'x'), "$A$00x$" + std::string(63, 'x'),
                            "$A$005x" + std::string(63, 'x'), sha2_verifier("x") + "x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(read_stored_password(wrong));
  }
}

TEST_CASE("credentials of what the settings have") {
  CHECK(credentials_of("ann", "pencil")->password == "pencil");
  CHECK(credentials_of("ann", "*pencil")->password == "*pencil");
  CHECK(credentials_of("ann", native)->verifier == native);
  CHECK(credentials_of("ann", native)->password.empty());
  const auto stored = sha2_verifier("pencil");
  CHECK(credentials_of("ann", stored)->verifier == stored);
  std::string hexed = "0x";
  for (const char each : stored) {
    hexed += "0123456789ABCDEF"[static_cast<unsigned char>(each) >> 4];
    hexed += "0123456789ABCDEF"[static_cast<unsigned char>(each) & 0xf];
  }
  CHECK(credentials_of("ann", hexed)->verifier == stored);
  for (const auto& broken : {stored.substr(1), stored.substr(0, 60), hexed.substr(0, 60)}) {
    const auto known = credentials_of("ann", broken);
    if (broken.starts_with("A")) {
      CHECK(known->password == broken);
    } else {
      REQUIRE_FALSE(known);
      CHECK(known.error().find("$A$005$") != std::string::npos);
    }
  }
}
