#include "metrics/http.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace skein::metrics;

namespace {

http_response describe(const http_request& request) {
  std::string text = request.method + " " + request.path;
  for (const auto& [key, value] : request.parameters) text += " " + key + "=" + value;
  if (!request.body.empty()) text += " body=" + std::to_string(request.body.size());
  if (!request.authorization.empty()) text += " auth=" + request.authorization;
  return {200, text};
}

const routes& paths() {
  static const routes all = [] {
    routes made;
    made.add("GET", "/x", describe);
    made.add("GET", "/a b", describe);
    made.add("POST", "/x", describe);
    return made;
  }();
  return all;
}

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string drain(http_exchange& exchange) {
  std::string out;
  while (auto reply = exchange.next_response()) out += *reply;
  return out;
}

std::string ask(std::string_view text) {
  http_exchange exchange(paths());
  exchange.receive(bytes(text));
  return drain(exchange);
}

std::string status(std::string_view response) {
  return std::string(response.substr(0, response.find("\r\n")));
}

std::string body(std::string_view response) {
  return std::string(response.substr(response.find("\r\n\r\n") + 4));
}

bool has(std::string_view response, std::string_view header_line) {
  return response.find(std::string("\r\n") + std::string(header_line) + "\r\n") !=
         std::string_view::npos;
}

const std::string host = "Host: here\r\n";

}  // namespace

TEST_CASE("a GET is answered with its length, type and a connection that stays") {
  const auto answer = ask("GET /x HTTP/1.1\r\n" + host + "\r\n");
  CHECK(status(answer) == "HTTP/1.1 200 OK");
  CHECK(body(answer) == "GET /x");
  CHECK(has(answer, "Content-Length: 6"));
  CHECK(has(answer, "Content-Type: text/plain; charset=utf-8"));
  CHECK_FALSE(has(answer, "Connection: close"));
}

TEST_CASE("a path and its parameters are decoded") {
  CHECK(body(ask("GET /a%20b?one=1&two=%C3%A4+x&three&=lost&&four=a=b HTTP/1.1\r\n" + host +
                 "\r\n")) == "GET /a b one=1 two=\xc3\xa4 x three= four=a=b");
  for (const std::string target : {"x", "*", "/%", "/%2", "/%zz", "/x?%1", "http://here/x"}) {
    CAPTURE(target);
    const auto answer = ask("GET " + target + " HTTP/1.1\r\n" + host + "\r\n");
    CHECK(status(answer) == "HTTP/1.1 400 Bad Request");
    CHECK(body(answer) == "the request names no valid path\n");
  }
}

TEST_CASE("requests split at every position get the same answers") {
  const std::string text = "POST /x?a=b HTTP/1.1\r\n" + host +
                           "Authorization: Bearer t\r\nContent-Length: 5\r\n\r\nhello"
                           "HEAD /x HTTP/1.1\r\n" +
                           host +
                           "\r\n"
                           "POST /x HTTP/1.1\r\n" +
                           host +
                           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" +
                           "GET /none HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n";
  const auto whole = ask(text);
  CHECK(whole.find("POST /x a=b body=5 auth=Bearer t") != std::string::npos);
  CHECK(whole.find("POST /x body=5HTTP/1.1 404") != std::string::npos);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    http_exchange exchange(paths());
    exchange.receive(bytes(std::string_view(text).substr(0, cut)));
    auto out = drain(exchange);
    CHECK(exchange.finished() == (cut == text.size()));
    exchange.receive(bytes(std::string_view(text).substr(cut)));
    out += drain(exchange);
    CAPTURE(cut);
    CHECK(out == whole);
    CHECK(exchange.finished());
  }
  http_exchange slow(paths());
  std::string out;
  for (const char letter : text) {
    slow.receive(bytes({&letter, 1}));
    out += drain(slow);
  }
  CHECK(out == whole);
}

TEST_CASE("requests that come together are answered one a call") {
  http_exchange exchange(paths());
  const auto one = "GET /x HTTP/1.1\r\n" + host + "\r\n";
  exchange.receive(bytes(one + one + one.substr(0, 9)));
  CHECK(exchange.next_response().has_value());
  CHECK_FALSE(exchange.waiting());
  CHECK(exchange.next_response().has_value());
  CHECK_FALSE(exchange.next_response().has_value());
  CHECK_FALSE(exchange.waiting());
  exchange.receive(bytes(one.substr(9)));
  CHECK(exchange.next_response().has_value());
  CHECK(exchange.waiting());
}

TEST_CASE("HEAD has the header of GET and no body") {
  const auto answer = ask("HEAD /x HTTP/1.1\r\n" + host + "\r\n");
  CHECK(status(answer) == "HTTP/1.1 200 OK");
  CHECK(has(answer, "Content-Length: 7"));
  CHECK(body(answer).empty());
}

TEST_CASE("keep-alive is HTTP/1.1's default and HTTP/1.0's wish") {
  const auto closes = [](const std::string& text) {
    http_exchange exchange(paths());
    exchange.receive(bytes(text));
    drain(exchange);
    return exchange.finished();
  };
  CHECK_FALSE(closes("GET /x HTTP/1.1\r\n" + host + "\r\n"));
  CHECK(closes("GET /x HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"));
  CHECK(closes("GET /x HTTP/1.0\r\n\r\n"));
  CHECK_FALSE(closes("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK(status(ask("GET /x HTTP/1.0\r\n\r\n")) == "HTTP/1.0 200 OK");
}

TEST_CASE("a header beyond 8 KB is refused before it has ended") {
  http_exchange exchange(paths());
  exchange.receive(bytes("GET /x HTTP/1.1\r\n" + host + "X: "));
  const std::string part(1000, 'x');
  for (int at = 0; at < 7; ++at) {
    exchange.receive(bytes(part));
    CHECK_FALSE(exchange.next_response().has_value());
  }
  exchange.receive(bytes(part + part));
  const auto answer = drain(exchange);
  CHECK(status(answer) == "HTTP/1.1 431 Request Header Fields Too Large");
  CHECK(has(answer, "Connection: close"));
  CHECK(exchange.finished());
  CHECK(exchange.refused());
  CHECK(status(ask("GET /" + std::string(9000, 'x'))) ==
        "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_CASE("a body beyond 1 MB is refused, by its length or while it comes") {
  const auto head = "POST /x HTTP/1.1\r\n" + host;
  CHECK(status(ask(head + "Content-Length: 1048577\r\n\r\n")) == "HTTP/1.1 413 Payload Too Large");
  CHECK(status(ask(head + "Content-Length: 99999999999999999999999\r\n\r\n")) ==
        "HTTP/1.1 400 Bad Request");
  const std::string full(http_body_bytes_max, 'x');
  CHECK(body(ask(head + "Content-Length: 1048576\r\n\r\n" + full)) == "POST /x body=1048576");
  CHECK(status(ask(head + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + full + "\r\n1\r\n")) ==
        "HTTP/1.1 413 Payload Too Large");
}

TEST_CASE("what stands beside a chunk's length cannot fill the memory") {
  http_exchange exchange(paths());
  exchange.receive(bytes("POST /x HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1;"));
  const std::string part(4096, 'x');
  for (int at = 0; at < 10 && !exchange.finished(); ++at) {
    exchange.receive(bytes(part));
    drain(exchange);
  }
  CHECK(exchange.finished());
}

TEST_CASE("garbage is a 400, then the connection ends") {
  for (const std::string text :
       {"\x16\x03\x01\x02\x05\x01", "hello\r\n\r\n", "GET /x\r\n\r\n", "GET /x HTTP/9.9\r\n\r\n",
        "GET  /x HTTP/1.1\r\n\r\n", "GET /x HTTP/1.1\r\n bad\r\n\r\n",
        "GET /x HTTP/1.1\r\nno colon\r\n\r\n", "GET /x HTTP/1.1\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    CAPTURE(text);
    http_exchange exchange(paths());
    exchange.receive(bytes(text));
    const auto answer = drain(exchange);
    CHECK(status(answer) == "HTTP/1.1 400 Bad Request");
    CHECK(has(answer, "Connection: close"));
    CHECK(exchange.finished());
    exchange.receive(bytes("GET /x HTTP/1.1\r\n" + host + "\r\n"));
    CHECK(drain(exchange).empty());
  }
}

TEST_CASE("an invitation is given to a client that waits for one") {
  http_exchange exchange(paths());
  exchange.receive(
      bytes("POST /x HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  CHECK(exchange.next_response() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK_FALSE(exchange.next_response().has_value());
  exchange.receive(bytes("ab"));
  CHECK(body(drain(exchange)) == "POST /x body=2");
}

TEST_CASE("a request that does not end in time is a 408, silence between requests is not") {
  http_exchange idle(paths());
  CHECK(idle.waiting());
  CHECK(idle.time_out().empty());
  http_exchange half(paths());
  half.receive(bytes("GET /x HT"));
  CHECK_FALSE(half.next_response().has_value());
  CHECK_FALSE(half.waiting());
  CHECK(status(half.time_out()) == "HTTP/1.1 408 Request Timeout");
  CHECK(half.finished());
}
