#include "coordination/gateway_line.hpp"

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "coordination/name_lookup.hpp"

namespace skein::coordination {

namespace {

namespace http = boost::beast::http;
using net::error_code;

constexpr std::size_t answer_bytes_max = 4UZ << 20;
constexpr std::size_t line_bytes_max = 4UZ << 20;

// What Beast wants a stream to be.
struct beast_stream {
  net::blocking_stream& below;

  template <typename Buffers>
  std::size_t read_some(const Buffers& into, error_code& failed) {
    for (auto at = net::asio::buffer_sequence_begin(into);
         at != net::asio::buffer_sequence_end(into); ++at) {
      const net::asio::mutable_buffer piece = *at;
      if (piece.size() == 0) continue;
      const auto [why, size] =
          below.read_some({static_cast<std::byte*>(piece.data()), piece.size()});
      failed = why;
      return size;
    }
    failed = {};
    return 0;
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& from, error_code& failed) {
    std::size_t written = 0;
    for (auto at = net::asio::buffer_sequence_begin(from);
         at != net::asio::buffer_sequence_end(from); ++at) {
      const net::asio::const_buffer piece = *at;
      failed = below.write_all({static_cast<const std::byte*>(piece.data()), piece.size()});
      if (failed) return written;
      written += piece.size();
    }
    failed = {};
    return written;
  }
  // Beast names these, and never calls them where it is given an error_code.
  template <typename Buffers>
  std::size_t read_some(const Buffers& into) {
    error_code failed;
    return read_some(into, failed);
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& from) {
    error_code failed;
    return write_some(from, failed);
  }
};

std::string words_of(error_code why) {
  if (why == net::asio::error::eof || why == http::error::end_of_stream ||
      why == http::error::partial_message)
    return "closed the connection";
  if (why == net::asio::error::timed_out) return "did not answer in time";
  if (why == net::asio::error::operation_aborted) return "was not waited for";
  if (why == net::asio::error::connection_refused) return "refuses connections";
  if (why.category() == make_error_code(http::error::bad_version).category())
    return "does not speak HTTP (" + why.message() + ")";
  return why.message();
}

}  // namespace

void gateway_line::set_deadline(net::steady_time until) {
  until_ = until;
  stream_.set_deadline(until);
}

void gateway_line::close() {
  answer_.reset();
  input_.clear();
  stream_.close();
}

void gateway_line::interrupt() {
  interrupted_ = true;
  stream_.interrupt();
}

line_failure gateway_line::failed(error_code why, bool sent) const {
  if (stream_.tls() && !stream_.tls()->failure().empty())
    return {why, "TLS failed: " + stream_.tls()->failure(), sent};
  return {why, words_of(why), sent};
}

std::expected<void, line_failure> gateway_line::open(const std::string& host, std::uint16_t port,
                                                     const net::tls_context* tls) {
  close();
  host_ = host;
  const auto found = look_up_until(host, until_, interrupted_);
  if (!found) return std::unexpected(failed(found.error(), false));
  const net::steady_time until = until_;
  error_code why;
  for (std::size_t i = 0; i < found->size(); ++i) {
    // One that swallows what is sent there leaves time for the next.
    const auto now = std::chrono::steady_clock::now();
    const auto rest = static_cast<int>(found->size() - i);
    stream_.set_deadline(until == net::steady_time::max() ? until : now + (until - now) / rest);
    why = stream_.connect({.host = (*found)[i], .unix_path = {}, .port = port});
    if (!why || why == net::asio::error::operation_aborted) break;
  }
  stream_.set_deadline(until);
  if (!why && tls) why = stream_.handshake(*tls, host);
  if (!why) return {};
  auto told = failed(why, false);
  close();
  return std::unexpected(std::move(told));
}

std::expected<void, line_failure> gateway_line::send(const gateway_request& what) {
  http::request<http::string_body> message(http::verb::post, what.path, 11);
  message.set(http::field::host, host_);
  message.set(http::field::content_type, "application/json");
  if (!what.token.empty()) message.set(http::field::authorization, what.token);
  if (what.needs_leader) message.set("Grpc-Metadata-hasleader", "true");
  message.body() = what.body;
  message.prepare_payload();
  beast_stream stream{stream_};
  error_code why;
  http::write(stream, message, why);
  if (!why) return {};
  auto told = failed(why, true);
  close();
  return std::unexpected(std::move(told));
}

std::expected<gateway_answer, line_failure> gateway_line::exchange(const gateway_request& what) {
  if (auto sent = send(what); !sent) return std::unexpected(sent.error());
  parser read;
  read.body_limit(answer_bytes_max);
  beast_stream stream{stream_};
  error_code why;
  http::read(stream, input_, read, why);
  if (why) {
    auto told = failed(why, true);
    close();
    return std::unexpected(std::move(told));
  }
  gateway_answer answer{read.get().result_int(), std::move(read.get().body())};
  if (!read.keep_alive()) close();
  return answer;
}

std::expected<gateway_answer, line_failure> gateway_line::begin_stream(
    const gateway_request& what) {
  if (auto sent = send(what); !sent) return std::unexpected(sent.error());
  answer_.emplace();
  beast_stream stream{stream_};
  error_code why;
  http::read_header(stream, input_, *answer_, why);
  const bool endless = !why && answer_->get().result() == http::status::ok;
  answer_->body_limit(endless ? boost::optional<std::uint64_t>() : answer_bytes_max);
  if (!why && !endless) http::read(stream, input_, *answer_, why);
  if (why) {
    auto told = failed(why, true);
    close();
    return std::unexpected(std::move(told));
  }
  gateway_answer answer{answer_->get().result_int(), {}};
  if (!endless) {
    answer.body = std::move(answer_->get().body());
    close();
  }
  return answer;
}

std::expected<std::string, line_failure> gateway_line::next_line() {
  if (!answer_)
    return std::unexpected(line_failure{net::asio::error::not_connected, "is not open"});
  beast_stream stream{stream_};
  for (;;) {
    std::string& body = answer_->get().body();
    if (const auto end = body.find('\n'); end != std::string::npos) {
      std::string line = body.substr(0, end);
      body.erase(0, end + 1);
      return line;
    }
    error_code why;
    if (answer_->is_done()) why = net::asio::error::eof;
    if (body.size() > line_bytes_max) why = http::error::body_limit;
    if (!why) http::read_some(stream, input_, *answer_, why);
    if (!why) continue;
    auto told = failed(why, true);
    if (why != net::asio::error::timed_out) close();  // else it goes on
    return std::unexpected(std::move(told));
  }
}

}  // namespace skein::coordination
