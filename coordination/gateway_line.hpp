// One HTTP connection to one server's gateway, blocking: requests one after the other, or one whose
// answer is an endless stream of lines. coordination/etcd chooses the server and knows what is
// said.
#pragma once

#include <atomic>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "net/blocking_stream.hpp"

namespace skein::coordination {

struct gateway_request {
  std::string path = {};
  std::string body = {};
  std::string token = {};     // empty: none
  bool needs_leader = false;  // a stream is to end when the server has lost its leader
};

struct gateway_answer {
  unsigned status = 0;
  std::string body = {};
};

struct line_failure {
  net::error_code why = {};
  std::string text = {};
  bool sent = false;  // the request, or a part of it, is on its way
};

class gateway_line {
 public:
  void set_deadline(net::steady_time until);
  // `tls`: null for plain HTTP.
  std::expected<void, line_failure> open(const std::string& host, std::uint16_t port,
                                         const net::tls_context* tls);
  bool is_open() const { return stream_.open(); }
  void close();

  std::expected<gateway_answer, line_failure> exchange(const gateway_request& what);
  // Status 200: its lines follow. Any other: this is the answer.
  std::expected<gateway_answer, line_failure> begin_stream(const gateway_request& what);
  std::expected<std::string, line_failure> next_line();

  void interrupt();  // from any thread, for good

 private:
  using parser = boost::beast::http::response_parser<boost::beast::http::string_body>;
  std::expected<void, line_failure> send(const gateway_request& what);
  line_failure failed(net::error_code why, bool sent) const;

  net::blocking_stream stream_;
  net::steady_time until_ = net::steady_time::max();
  std::atomic<bool> interrupted_ = false;
  std::string host_ = {};
  boost::beast::flat_buffer input_ = {};
  std::optional<parser> answer_ = {};  // of the stream
};

}  // namespace skein::coordination
