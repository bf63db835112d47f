#include "metrics/routes.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace skein::metrics;

namespace {

http_response ask(const routes& paths, std::string method, std::string path,
                  std::string authorization = {}) {
  return paths.answer({std::move(method), std::move(path), {}, std::move(authorization), {}});
}

std::string header(const http_response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

routes sample(std::string token = {}) {
  routes paths(std::move(token));
  paths.add("GET", "/metrics", [](const http_request&) { return http_response{200, "42\n"}; });
  paths.add(
      "GET", "/health", [](const http_request&) { return http_response{200, "alive\n"}; },
      access::open);
  paths.add("POST", "/reload",
            [](const http_request& request) { return http_response{200, request.body}; });
  paths.add("GET", "/broken",
            [](const http_request&) -> http_response { throw std::runtime_error("secret"); });
  return paths;
}

}  // namespace

TEST_CASE("a path is answered by its handler, HEAD like GET") {
  const auto paths = sample();
  CHECK(ask(paths, "GET", "/metrics").body == "42\n");
  CHECK(ask(paths, "HEAD", "/metrics").status == 200);
  CHECK(paths.answer({"POST", "/reload", {}, {}, "x"}).body == "x");
}

TEST_CASE("an unknown path is told which there are") {
  const auto answer = ask(sample(), "GET", "/metric");
  CHECK(answer.status == 404);
  CHECK(answer.body ==
        "there is no such path; there are:\n  /broken\n  /health\n  /metrics\n  /reload\n");
}

TEST_CASE("a wrong method is told the right ones") {
  const auto answer = ask(sample(), "DELETE", "/metrics");
  CHECK(answer.status == 405);
  CHECK(header(answer, "Allow") == "GET, HEAD");
  CHECK(ask(sample(), "HEAD", "/reload").status == 405);
  CHECK(header(ask(sample(), "GET", "/reload"), "Allow") == "POST");
}

TEST_CASE("a handler that throws is a 500 without its words") {
  const auto answer = ask(sample(), "GET", "/broken");
  CHECK(answer.status == 500);
  CHECK(answer.body.find("secret") == std::string::npos);
}

TEST_CASE("with a token set, only what is open is answered without it") {
  const auto paths = sample("goose");
  CHECK(ask(paths, "GET", "/health").status == 200);
  CHECK(ask(paths, "DELETE", "/health").status == 405);
  for (const std::string wrong :
       {"", "goose", "Bearer", "Bearer ", "Bearer geese", "Bearer goos", "Bearer goosegoose",
        "Bearer goose ", "Basic goose", "Bearergoose"}) {
    CAPTURE(wrong);
    const auto answer = ask(paths, "GET", "/metrics", wrong);
    CHECK(answer.status == 401);
    CHECK(header(answer, "WWW-Authenticate") == "Bearer realm=\"skein\"");
    CHECK(answer.body.find("Authorization: Bearer TOKEN") != std::string::npos);
    CHECK(answer.body.find("goose") == std::string::npos);
  }
  CHECK(ask(paths, "GET", "/metrics", "Bearer goose").status == 200);
  CHECK(ask(paths, "GET", "/metrics", "bearer  goose").status == 200);
}

TEST_CASE("without the token nobody learns what paths there are") {
  const auto paths = sample("goose");
  CHECK(ask(paths, "GET", "/nothing").status == 401);
  CHECK(ask(paths, "DELETE", "/metrics").status == 401);
  CHECK(ask(paths, "GET", "/nothing", "Bearer goose").status == 404);
}
