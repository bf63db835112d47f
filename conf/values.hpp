// The values that stand in a settings file and are more than text or a number: secrets, endpoints,
// durations, sizes. Each is parsed here from what a person writes and printed back the same way;
// the parsers say in words what is wrong, and the loader adds where.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <iosfwd>
#include <string>
#include <string_view>

namespace skein::conf {

// A password or token. It prints as ***, so it cannot reach a log line by accident.
class secret {
 public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) {}

  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool operator==(const secret&) const = default;

 private:
  std::string text_;
};

std::string to_string(const secret&);
std::ostream& operator<<(std::ostream& out, const secret& hidden);

// Where to listen or connect: host and port, or the path of a unix socket.
struct endpoint {
  std::string host = {};  // a name or an address, IPv6 without its brackets
  std::uint16_t port = 0;
  std::string path = {};  // set for "unix:/path", and then host and port are not

  bool is_unix() const { return !path.empty(); }
  bool is_loopback() const;  // unix sockets count: nobody reaches them from outside
  bool is_wildcard() const;  // every address of the machine
  bool operator==(const endpoint&) const = default;
};

std::string to_string(const endpoint& where);
std::ostream& operator<<(std::ostream& out, const endpoint& where);

// Where a service is that speaks HTTP: "http://host:port", or https.
struct service_url {
  std::string host = {};
  std::uint16_t port = 0;
  bool tls = false;

  bool is_loopback() const { return endpoint{.host = host, .port = port}.is_loopback(); }
  bool operator==(const service_url&) const = default;
};

std::string to_string(const service_url& where);

// Where clients may come from: anywhere, a unix socket, or the addresses that share their first
// bits with this one.
struct network {
  enum class kind : std::uint8_t { any, local, ip4, ip6 };
  kind of = kind::any;
  std::string address = {};
  unsigned bits = 0;

  bool operator==(const network&) const = default;
};

std::string to_string(const network& where);  // "anywhere", "unix", "10.0.0.0/8"

using duration = std::chrono::milliseconds;

struct byte_size {
  std::uint64_t bytes = 0;
  auto operator<=>(const byte_size&) const = default;
};

// 0 stands for "auto": one thread a core.
struct thread_count {
  static constexpr unsigned most = 1024;

  unsigned count = 0;

  unsigned resolve() const;
  bool operator==(const thread_count&) const = default;
};

// How much of the load is one's own, beside others.
struct share {
  static constexpr unsigned most = 1000;

  double of_load = 1;  // above 0

  bool operator==(const share&) const = default;
};

// A regular expression that RE2 reads.
struct pattern {
  static constexpr std::size_t bytes_max = 512UZ * 1024;  // of memory, to match it

  std::string text = {};

  bool operator==(const pattern&) const = default;
};

// Of a form of statements.
struct fingerprint {
  std::uint64_t value = 0;  // no form has 0

  bool operator==(const fingerprint&) const = default;
};

std::string to_string(share of);
std::string to_string(const pattern& what);
std::string to_string(fingerprint of);  // 16 hexadecimal digits

std::string to_string(duration time);  // the largest unit that loses nothing: 90s, 5m, 20ms
std::string to_string(byte_size size);
std::string to_string(thread_count threads);

// The unexpected value is the rest of a sentence that begins with the key: "has no port; ...".
template <typename T>
using parsed = std::expected<T, std::string>;

parsed<endpoint> parse_endpoint(std::string_view text);
parsed<service_url> parse_url(std::string_view text);
parsed<network> parse_network(std::string_view text);
parsed<duration> parse_duration(std::string_view text);
parsed<byte_size> parse_size(std::string_view text);
parsed<std::int64_t> parse_integer(std::string_view text);
parsed<thread_count> parse_threads(std::string_view text);
parsed<share> parse_share(std::string_view text);
parsed<pattern> parse_pattern(std::string_view text);
parsed<fingerprint> parse_fingerprint(std::string_view text);

// What a person wrote, fit for a message: no control characters, not too long; `shown` adds quotes.
std::string printable(std::string_view text);
std::string shown(std::string_view text);

}  // namespace skein::conf
