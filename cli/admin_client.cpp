#include "cli/admin_client.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdlib>
#include <filesystem>

#include "backends/registry/registry.hpp"
#include "cli/compose.hpp"
#include "conf/load.hpp"
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

net::awaitable<> ask(net::core& core, admin_target target, std::string request, answer& out) {
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
  if (const auto wrong = co_await connection.write_all(request)) {
    out = std::unexpected("the admin port at " + where + " hung up: " + wrong.message());
    co_return;
  }
  out = co_await read_answer(connection);
}

// As a URL has it.
std::string encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    const bool plain =
        (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
    if (plain) {
      out += each;
    } else {
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
  return out;
}

}  // namespace

std::expected<admin_target, std::string> find_admin(const arguments& how) {
  admin_target target;
  if (how.file_given || (how.admin.empty() && std::filesystem::exists(how.file))) {
    const auto read = conf::load_file(how.file, {.engines = backend_names()});
    if (!read) {
      return std::unexpected(conf::format(read.error().front(), how.file) +
                             " (or name the admin port with --admin)");
    }
    const conf::admin_settings& admin = read->settings.admin;
    target = {endpoint_of(admin.bind), admin.token.reveal(), !admin.tls.certificate.empty()};
    if (admin.bind.is_wildcard()) target.where.host = "127.0.0.1";
  }
  if (!how.admin.empty()) {
    std::string_view text = how.admin;
    target.tls = text.starts_with("https://");
    if (target.tls) text.remove_prefix(8);
    if (text.starts_with("http://")) text.remove_prefix(7);
    const auto where = net::parse_endpoint(text);
    if (!where) return std::unexpected("--admin " + how.admin + ": " + where.error());
    target.where = *where;
  }
  if (const char* token = std::getenv("SKEIN_ADMIN_TOKEN")) target.token = token;
  return target;
}

std::string request_text(const admin_question& asked, const std::string& token) {
  std::string text = (asked.body.empty() ? "GET " : "POST ") + asked.path;
  char mark = '?';
  for (const auto& [name, value] : asked.parameters) {
    if (value.empty()) continue;
    text += std::exchange(mark, '&') + encoded(name) + "=" + encoded(value);
  }
  text += " HTTP/1.1\r\nHost: skein\r\nConnection: close\r\n";
  if (!token.empty()) text += "Authorization: Bearer " + token + "\r\n";
  if (!asked.body.empty()) text += "Content-Length: " + std::to_string(asked.body.size()) + "\r\n";
  return text + "\r\n" + asked.body;
}

answer ask_admin(const admin_target& target, const admin_question& asked) {
  net::core core(0);
  answer out = std::unexpected("no answer");
  net::task_group tasks(core.where());
  tasks.spawn(ask(core, target, request_text(asked, target.token), out));
  core.finish(tasks);
  if (out && out->status == 401) {
    return std::unexpected(
        "the admin port demands a token: name the settings file, or set SKEIN_ADMIN_TOKEN");
  }
  return out;
}

}  // namespace skein::cli
