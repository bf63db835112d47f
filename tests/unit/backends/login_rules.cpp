// Which rule a client meets: the first that fits, by address, user, database and TLS.
#include "backends/login_rules.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace skein;

namespace {

network range(const char* address, unsigned bits) {
  auto made = read_address(address).value();
  made.bits = bits;
  return made;
}

const network local{.of = network::family::local};

}  // namespace

TEST_CASE("a range holds what shares its first bits, of its own family") {
  struct row {
    network in;
    const char* place;  // empty: a unix socket
    bool held;
  };
  for (const auto& [in, place, held] : {row{{}, "10.1.2.3", true},
                                        {{}, "fe80::1%eth0", true},
                                        {{}, "", true},
                                        {local, "", true},
                                        {local, "127.0.0.1", false},
                                        {range("10.0.0.0", 8), "10.255.0.1", true},
                                        {range("10.0.0.0", 8), "11.0.0.1", false},
                                        {range("10.0.0.0", 8), "", false},
                                        {range("10.0.0.0", 8), "::ffff:10.0.0.1", true},
                                        {range("10.0.0.0", 8), "a00::1", false},
                                        {range("10.1.2.3", 32), "10.1.2.3", true},
                                        {range("10.1.2.3", 32), "10.1.2.2", false},
                                        {range("10.1.2.128", 25), "10.1.2.200", true},
                                        {range("10.1.2.128", 25), "10.1.2.127", false},
                                        {range("0.0.0.0", 0), "203.0.113.9", true},
                                        {range("0.0.0.0", 0), "2001:db8::1", false},
                                        {range("::", 0), "203.0.113.9", false},
                                        {range("2001:db8::", 32), "2001:db8:ffff::1", true},
                                        {range("2001:db8::", 32), "2001:db9::1", false}}) {
    CAPTURE(place);
    CHECK(in.holds(*place == '\0' ? local : read_address(place).value()) == held);
  }
  for (const char* const text : {"", "10.1.2", "10.1.2.3.4", "10.1.2.3/8", "host", "1::2::3"})
    CHECK_FALSE(read_address(text));
}

TEST_CASE("the first rule that fits decides") {
  const std::vector<login_rule> rules = {
      {.from = local, .method = proof_method::trust},
      {.from = range("10.0.0.0", 8),
       .user = "ann",
       .tls = rule_tls::none,
       .method = proof_method::reject},
      {.from = range("10.0.0.0", 8), .user = "ann", .method = proof_method::certificate},
      {.from = range("10.0.0.0", 8), .database = "shop", .method = proof_method::md5},
      {.tls = rule_tls::required, .method = proof_method::scram},
  };
  struct row {
    const char* place;
    const char* user;
    const char* database;
    bool encrypted;
    std::optional<proof_method> method;  // none: no rule fits
  };
  for (const auto& [place, user, database, encrypted, method] :
       {row{"", "ann", "shop", false, proof_method::trust},
        {"", "bob", "other", false, proof_method::trust},
        {"10.0.0.1", "ann", "shop", false, proof_method::reject},
        {"10.0.0.1", "ann", "shop", true, proof_method::certificate},
        {"10.0.0.1", "ANN", "shop", true, proof_method::md5},
        {"10.0.0.1", "bob", "shop", false, proof_method::md5},
        {"10.0.0.1", "bob", "other", true, proof_method::scram},
        {"10.0.0.1", "bob", "other", false, std::nullopt},
        {"192.0.2.1", "ann", "shop", true, proof_method::scram},
        {"192.0.2.1", "ann", "shop", false, std::nullopt}}) {
    CAPTURE(place);
    CAPTURE(user);
    CAPTURE(database);
    CAPTURE(encrypted);
    const auto* found = first_fit(
        rules, {*place == '\0' ? local : read_address(place).value(), user, database, encrypted});
    CHECK((found ? std::optional(found->method) : std::nullopt) == method);
  }
  CHECK_FALSE(first_fit({}, {}));
}

TEST_CASE("a certificate is its user, or those whom the rule names") {
  const login_rule plain;
  CHECK(names_user(plain, "ann", "ann"));
  CHECK_FALSE(names_user(plain, "ann", "bob"));
  CHECK_FALSE(names_user(plain, "", ""));
  const login_rule mapped{.users_by_name = {{"build 7", "ci"}, {"build 7", "ann"}, {"", "bob"}}};
  CHECK(names_user(mapped, "build 7", "ci"));
  CHECK(names_user(mapped, "build 7", "ann"));
  CHECK_FALSE(names_user(mapped, "build 7", "bob"));
  CHECK_FALSE(names_user(mapped, "ann", "ann"));
  CHECK_FALSE(names_user(mapped, "", "bob"));
}
