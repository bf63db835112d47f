#include "cli/admin_client.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/core.hpp"
#include "net/task_group.hpp"

namespace skein::cli {

namespace {

namespace http = boost::beast::http;
using answer = std::expected<admin_answer, std::string>;
constexpr std::chrono::seconds patience{5};

net::awaitable<answer> read_answer(net::stream& from) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(64ULL * 1024 * 1024);
  parser.eager(true);
  std::string pending;
  std::array<std::byte, 8192> chunk;
  while (!parser.is_done()) {
    const auto [failed, count] = co_await from.read_some(chunk);
    net::error_code wrong;
    if (failed) {
      parser.put_eof(wrong);
      if (wrong || !parser.is_done()) {
        co_return std::unexpected("the admin port hung up: " + failed.message());
      }
      break;
    }
    pending.append(reinterpret_cast<const char*>(chunk.data()), count);
    const std::size_t used = parser.put(net::asio::buffer(pending), wrong);
    if (wrong && wrong != http::error::need_more) {
      co_return std::unexpected("what answers there does not speak HTTP: " + wrong.message());
    }
    pending.erase(0, used);
  }
  co_return admin_answer{parser.get().result_int(), parser.get().body()};
}

net::awaitable<> ask(net::core& core, admin_target target, std::string path, answer& out) {
  net::socket_dialer dial(core.where(), core.wheel());
  auto [failed, connection] = co_await dial.dial(target.where, patience);
  const std::string where = net::to_string(target.where);
  if (failed) {
    out = std::unexpected("no Skein answers at " + where + " (" + failed.message() +
                          "): is it running, and is this its admin port?");
    co_return;
  }
  net::deadline limit(core.wheel(), [&connection] { connection.cancel(); });
  limit.arm(patience);
  if (target.tls) {
    const auto context = net::tls_context::load(net::tls_role::client, {});
    if (!context) {
      out = std::unexpected(context.error());
      co_return;
    }
    if (const auto wrong =
            co_await connection.handshake(*context, net::tls_role::client, target.where.host)) {
      out = std::unexpected("TLS with " + where + " failed: " + connection.tls()->failure());
      co_return;
    }
  }
  std::string request = "GET " + path + " HTTP/1.1\r\nHost: skein\r\nConnection: close\r\n";
  if (!target.token.empty()) request += "Authorization: Bearer " + target.token + "\r\n";
  if (const auto wrong = co_await connection.write_all(request + "\r\n")) {
    out = std::unexpected("the admin port at " + where + " hung up: " + wrong.message());
    co_return;
  }
  out = co_await read_answer(connection);
}

}  // namespace

answer ask_admin(const admin_target& target, const std::string& path) {
  net::core core(0);
  answer out = std::unexpected("no answer");
  net::task_group tasks(core.where());
  tasks.spawn(ask(core, target, path, out));
  core.finish(tasks);
  return out;
}

}  // namespace skein::cli
