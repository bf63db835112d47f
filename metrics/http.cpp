#include "metrics/http.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <vector>

namespace skein::metrics {

namespace {

namespace http = boost::beast::http;
namespace asio = boost::asio;
using boost::system::error_code;

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

// nullopt: a percent sign without two digits behind it.
std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%') {
      if (at + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[at + 1]);
      const int low = hex_digit(text[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      out += plus_is_space && text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

// "/leader?cluster=shop" into path and parameters; false: it is no such target.
bool split_target(std::string_view target, http_request& into) {
  if (!target.starts_with('/')) return false;
  const auto mark = std::min(target.find('?'), target.size());
  auto path = decode(target.substr(0, mark), false);
  if (!path) return false;
  into.path = std::move(*path);
  auto query = target.substr(std::min(mark + 1, target.size()));
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    auto key = decode(pair.substr(0, equals), true);
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!key || !value) return false;
    if (!key->empty()) into.parameters.emplace_back(std::move(*key), std::move(*value));
  }
  return true;
}

template <typename Body>
std::string serialize(const http::response<Body>& message) {
  std::string out;
  http::response_serializer<Body> serializer(message);
  while (!serializer.is_done()) {
    error_code failed;
    serializer.next(failed, [&](error_code&, const auto& buffers) {
      for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers);
           ++at) {
        const asio::const_buffer piece = *at;
        out.append(static_cast<const char*>(piece.data()), piece.size());
      }
      serializer.consume(asio::buffer_size(buffers));
    });
    if (failed) break;
  }
  return out;
}

std::string to_bytes(const http_response& answer, unsigned version, bool keep_alive,
                     bool head_only) {
  const auto fill = [&](auto& message) {
    message.set(http::field::server, "skein");
    message.set(http::field::content_type, answer.content_type);
    message.set(http::field::cache_control, "no-store");
    for (const auto& [name, value] : answer.headers) message.set(name, value);
    message.content_length(answer.body.size());
    message.keep_alive(keep_alive);
  };
  const auto status = static_cast<http::status>(answer.status);
  if (head_only) {
    http::response<http::empty_body> message{status, version};
    fill(message);
    return serialize(message);
  }
  http::response<http::string_body> message{status, version, answer.body};
  fill(message);
  return serialize(message);
}

http_response explain(const error_code& failed) {
  if (failed == http::error::header_limit)
    return {431, "the request's header is longer than 8 KB\n"};
  if (failed == http::error::body_limit || failed == http::error::buffer_overflow)
    return {413, "the request's body is longer than 1 MB\n"};
  return {400, "this is no HTTP request that Skein understands: " + failed.message() + "\n"};
}

}  // namespace

struct http_exchange::state {
  explicit state(const routes& all) : paths(all) { begin(); }

  void begin() {
    parser.emplace();
    parser->header_limit(http_header_bytes_max);
    parser->body_limit(http_body_bytes_max);
    parser->eager(true);
    continued = false;
  }

  // Gives the parser what there is; what it takes leaves `input`.
  error_code parse();
  std::optional<std::string> invite_body();
  std::string answer();
  std::string refuse(const http_response& why);

  const routes& paths;
  std::optional<http::request_parser<http::string_body>> parser = {};
  std::vector<std::byte> input = {};
  bool continued = false;  // "100 Continue" was said for this request
  bool done = false;
  bool refused = false;
};

error_code http_exchange::state::parse() {
  std::size_t taken = 0;
  error_code failed;
  while (!parser->is_done() && taken < input.size()) {
    const auto count =
        parser->put(asio::buffer(input.data() + taken, input.size() - taken), failed);
    taken += count;
    if (failed || count == 0) break;
  }
  input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(taken));
  if (failed == http::error::need_more) failed = {};
  // The parser bounds headers and bodies, but not what may stand beside a chunk's length.
  if (!failed && !parser->is_done() && input.size() > http_header_bytes_max)
    failed = http::error::header_limit;
  return failed;
}

// RFC 9110, 10.1.1: a client may wait for our word before it sends its body.
std::optional<std::string> http_exchange::state::invite_body() {
  if (continued || !parser->is_header_done() || parser->is_done()) return std::nullopt;
  if (!boost::beast::iequals(parser->get()[http::field::expect], "100-continue"))
    return std::nullopt;
  continued = true;
  return "HTTP/1.1 100 Continue\r\n\r\n";
}

std::string http_exchange::state::answer() {
  auto message = parser->release();
  const bool keep_alive = message.keep_alive();
  const auto version = message.version();
  http_request request;
  request.method = std::string(message.method_string());
  request.authorization = std::string(message[http::field::authorization]);
  request.body = std::move(message.body());
  const auto target = std::string_view(message.target().data(), message.target().size());
  if (!split_target(target, request)) return refuse({400, "the request names no valid path\n"});
  if (version == 11 && message.count(http::field::host) != 1)
    return refuse({400, "an HTTP/1.1 request has one Host header\n"});
  done = !keep_alive;
  begin();
  return to_bytes(paths.answer(request), version, keep_alive, request.method == "HEAD");
}

// Where the next request begins is unknown after this, so the connection ends.
std::string http_exchange::state::refuse(const http_response& why) {
  done = true;
  refused = true;
  input.clear();
  return to_bytes(why, 11, false, false);
}

http_exchange::http_exchange(const routes& paths) : state_(std::make_unique<state>(paths)) {}
http_exchange::~http_exchange() = default;

void http_exchange::receive(std::span<const std::byte> bytes) {
  if (!state_->done) state_->input.insert(state_->input.end(), bytes.begin(), bytes.end());
}

std::optional<std::string> http_exchange::next_response() {
  if (state_->done) return std::nullopt;
  if (const auto failed = state_->parse()) return state_->refuse(explain(failed));
  if (state_->parser->is_done()) return state_->answer();
  return state_->invite_body();
}

std::string http_exchange::time_out() {
  if (state_->done || waiting()) return {};
  return state_->refuse({408, "the request did not end in time\n"});
}

bool http_exchange::finished() const {
  return state_->done;
}

bool http_exchange::refused() const {
  return state_->refused;
}

bool http_exchange::waiting() const {
  return state_->input.empty() && !state_->parser->got_some();
}

}  // namespace skein::metrics
