// What the answer of an auth_query says: a row is believed only if it is what was asked for.
#include "backends/postgres/directory.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::postgres;

TEST_CASE("what a row says of the user who was asked for") {
  const std::string md5 = "md5" + std::string(32, '0');
  const std::string secret =
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
      "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
  enum class says { known, nobody, nonsense };
  struct row {
    const char* name;
    std::optional<std::string> stored;
    says what;
  };
  for (const auto& [name, stored, what] : {row{"ann", secret, says::known},
                                           {"ann", md5, says::known},
                                           {"ann", std::nullopt, says::nobody},
                                           {"ann", "", says::nonsense},
                                           {"ann", "********", says::nonsense},
                                           {"ann", "pencil", says::nonsense},
                                           {"ann", "SCRAM-SHA-256$4096", says::nonsense},
                                           {"bob", secret, says::nonsense},
                                           {"bob", std::nullopt, says::nonsense},
                                           {"", secret, says::nonsense}}) {
    CAPTURE(name);
    const auto read = read_user("ann", name, stored);
    CHECK(read.has_value() == (what != says::nonsense));
    if (!read) continue;
    CHECK(read->has_value() == (what == says::known));
    if (!*read) continue;
    CHECK((*read)->user == "ann");
    CHECK((*read)->verifier == *stored);
    CHECK((*read)->password.empty());
    CHECK_FALSE((*read)->trusted);
  }
}
