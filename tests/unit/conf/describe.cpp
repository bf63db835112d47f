#include "conf/describe.hpp"

#include <doctest/doctest.h>

#include "tests/unit/conf/scratch.hpp"

using namespace skein::conf;
using namespace skein::conf::testing;

TEST_CASE("the smallest sample in plain words") {
  CHECK(describe(load_good(slurp(samples / "smallest.yaml"))) ==
        R"(Applications connect to 127.0.0.1:6432, without TLS, and reach cluster 'main'.

Cluster 'main' (postgres) has 1 member:
  - 127.0.0.1 at 127.0.0.1:5432
  Skein speaks TLS to those that offer it, without looking at their certificates.
  At most 100 server connections, each made within 5s; a client waits up to 5s for one.
  A client has one for the time of each transaction.
  Each member is asked for its role and position every 200ms and counts as down after 2s of silence.
  'app' (the first of the users) asks, in the engine's own database.
  1 user may log in: app.

Metrics and health are served at http://127.0.0.1:9187/ to whoever can reach it.
Skein runs one thread a core and takes 10000 clients at most; each must log in within 15s.
A shutdown waits up to 30s for sessions to end.
Log lines of level 'info' and above go to standard error as logfmt.
)");
}

TEST_CASE("TLS on both sides in plain words") {
  const scratch here;
  const auto result = load_text(slurp(samples / "tls.yaml"), here.options());
  REQUIRE(result);
  const std::string text = describe(result->settings);
  for (const std::string& part : {
           std::string("Applications connect to 0.0.0.0:6432, with TLS only, and reach cluster "
                       "'main'.\n"),
           "  Skein speaks only TLS to them and wants a certificate that " +
               (here.root() / "tls/authority.crt").string() +
               " signed and that names their host.\n",
           std::string("Metrics and health are served at https://0.0.0.0:9187/ to callers that "
                       "send the token.\n"),
       }) {
    CHECK_MESSAGE(text.contains(part), text);
  }
}

TEST_CASE("no description repeats a secret") {
  const scratch here;
  for (const auto& file : std::filesystem::directory_iterator(samples)) {
    const auto result = load_text(slurp(file.path()), here.options());
    REQUIRE(result);
    const std::string text = describe(result->settings);
    for (const char* hidden : {"wild", "geese", "formation", "honk"}) {
      CHECK_FALSE(text.contains(hidden));
    }
  }
}
