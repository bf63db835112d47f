// COPY of 1 GB in and out, with Skein's memory in view.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t rss_max = 64U << 20;

// 1,000,000 rows of 1,074 bytes and more as text.
constexpr auto rows_of_a_gigabyte =
    "select n, repeat(chr(97 + n % 26), 1066) from generate_series(1, 1000000) n";

struct figures {
  milliseconds took;
  milliseconds cpu;
  std::size_t rss_peak;
};

template <typename Work>
figures measure(const skein_process& skein, Work work) {
  skein.reset_rss_peak();
  const auto cpu = skein.cpu();
  const auto start = std::chrono::steady_clock::now();
  work();
  return {std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - start),
          skein.cpu() - cpu, skein.rss_peak_bytes()};
}

void report(const std::string& what, const figures& seen) {
  MESSAGE(what, ": ", seen.took.count(), " ms, Skein's CPU ", seen.cpu.count(),
          " ms, its RSS peak ", seen.rss_peak >> 10, " kB");
  if (!is_sanitized) CHECK(seen.rss_peak < rss_max);
}

// Shell: pipes of a gigabyte go through no hands of the test's.
std::string shell(const stage& at, const std::string& line) {
  auto environment = at.environment();
  environment.push_back("SKEIN=" + at.through_skein("sslmode=disable"));
  environment.push_back("SKEIN_TLS=" + at.through_skein("sslmode=require"));
  environment.push_back("DIRECT=" + at.direct("sslmode=disable"));
  return run_well({.command = {"bash", "-o", "pipefail", "-c", line}, .environment = environment},
                  200s);
}

}  // namespace

TEST_CASE("COPY of 1 GB in, then out, in less than 64 MB of memory") {
  stage at({}, {.settings = {"max_wal_size = 4GB"}});
  auto& leader = at.shop.leader();
  leader.query_as(app, "create unlogged table much (n int, word text)");
  const std::string rows(rows_of_a_gigabyte);
  std::string said;
  report("in", measure(at.skein, [&] {
           said = shell(at, "psql -Xc \"copy (" + rows +
                                ") to stdout\" \"$DIRECT\" | "
                                "psql -Xc 'copy much from stdin' \"$SKEIN\"");
         }));
  CHECK(said == "COPY 1000000\n");
  CHECK(at.skein.metric("skein_client_received_bytes_total").value_or(0) > 1.07e9);
  CHECK(leader.value("select count(*) || ' ' || sum(length(word)) || ' ' || sum(n) || ' ' || "
                     "count(*) filter (where word <> repeat(chr(97 + n % 26), 1066)) from much") ==
        "1000000 1066000000 500000500000 0");
  const auto wanted = shell(at, "psql -Xc 'copy much to stdout' \"$DIRECT\" | cksum");
  report("out", measure(at.skein, [&] {
           said = shell(at, "psql -Xc 'copy much to stdout' \"$SKEIN\" | cksum");
         }));
  CHECK(said == wanted);
  CHECK(at.skein.metric("skein_client_sent_bytes_total").value_or(0) > 1.07e9);
}

TEST_CASE("COPY of 200 MB over TLS on both sides") {
  stage at({.server_tls = "require"}, {.tls = true});
  auto& leader = at.shop.leader();
  leader.query_as(app, "create unlogged table much (n int, word text)");
  const std::string copied =
      "copy (select n, repeat('x', 1000) from generate_series(1, 200000) n) to stdout";
  std::string said;
  report("in and out over TLS", measure(at.skein, [&] {
           said = shell(at, "psql -Xc \"" + copied +
                                "\" \"$SKEIN_TLS\" | "
                                "psql -Xc 'copy much from stdin' \"$SKEIN_TLS\"");
         }));
  CHECK(said == "COPY 200000\n");
  CHECK(leader.value("select sum(length(word)) from much") == "200000000");
}

TEST_CASE("one value of 200 MB passes through without being held") {
  stage at;
  std::string said;
  report("one value", measure(at.skein, [&] {
           said =
               shell(at, "psql -XAtc \"select repeat('0123456789', 20000000)\" \"$SKEIN\" | wc -c");
         }));
  CHECK(said == "200000001\n");
}

TEST_CASE("a slow reader of a large COPY holds the server back, not memory") {
  stage at;
  report("slow reader", measure(at.skein, [&] {
           shell(at,
                 "psql -Xc \"copy (select repeat('x', 1000) from generate_series(1, 300000)) to "
                 "stdout\" \"$SKEIN\" | (sleep 2; wc -c)");
         }));
}
