// Which clusters may ask for compression, and what their proxy is told of it.
#include <doctest/doctest.h>

#include "backends/registry/registry.hpp"
#include "cli/compose.hpp"

using namespace skein;
using namespace skein::cli;

namespace {

auto composed(const std::string& engine, const std::string& more) {
  const auto read = conf::load_text("clusters:\n  main:\n    engine: " + engine +
                                        "\n    members: [127.0.0.1:1]\n"
                                        "    users: [{name: app, password: honk}]\n" +
                                        more,
                                    {.engines = backend_names()});
  REQUIRE_MESSAGE(read, conf::format(read.error().front(), "file"));
  return compose(read->settings);
}

}  // namespace

TEST_CASE("an engine whose connections can be compressed is told how") {
  for (const auto& [said, meant] : {std::pair{"", compression::none},
                                    {"    compression: none\n", compression::none},
                                    {"    compression: zlib\n", compression::zlib},
                                    {"    compression: zstd\n", compression::zstd}}) {
    const auto made = composed("mysql", said);
    REQUIRE_MESSAGE(made, made.error());
    CHECK(made->proxy.clusters.front().server_compression == meant);
  }
}

TEST_CASE("one that has none refuses it") {
  CHECK(composed("postgres", "    compression: none\n"));
  const auto made = composed("postgres", "    compression: zlib\n");
  REQUIRE_FALSE(made);
  CHECK(made.error() == "clusters.main.compression: engine postgres has no compressed connections");
}
