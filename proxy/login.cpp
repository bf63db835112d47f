#include "proxy/login.hpp"

namespace skein::proxy {

namespace {

// Bytes received and not yet used by an exchange.
struct inbox {
  std::string bytes = {};

  byte_view view() const { return std::as_bytes(std::span(bytes)); }
  void keep_last(std::size_t count) { bytes.erase(0, bytes.size() - count); }

  net::awaitable<net::error_code> fill(net::stream& from) {
    std::array<std::byte, 4096> chunk;
    const auto [failed, count] = co_await from.read_some(chunk);
    if (!failed) bytes.append(reinterpret_cast<const char*>(chunk.data()), count);
    co_return failed;
  }
};

error lost(fault whose, const net::stream& peer, const net::error_code& why) {
  const std::string who = whose == fault::client ? "the client" : "the server";
  const std::string what = why == net::asio::error::eof ? "closed the connection" : why.message();
  return {error_kind::lost, whose, {}, who + " left during login: " + what, "peer " + peer.peer()};
}

template <typename Exchange>
login_want feed(Exchange& exchange, inbox& in) {
  byte_view input = in.view();
  const login_want wanted = exchange.advance(input);
  in.keep_last(input.size());
  return wanted;
}

template <typename Exchange>
net::awaitable<net::error_code> send_output(net::stream& to, Exchange& exchange) {
  const std::string output = exchange.take_output();
  if (output.empty()) co_return net::error_code{};
  co_return co_await to.write_all(output);
}

}  // namespace

tls_facts facts_of(const net::stream& stream) {
  if (!stream.tls()) return {};
  return {true, stream.tls()->peer_endpoint_hash(), stream.tls()->peer_name()};
}

net::awaitable<result<login_want>> carry_client_login(net::stream& client, client_login& exchange,
                                                      const net::tls_context* tls,
                                                      const secret_lookup& lookup,
                                                      const std::unique_ptr<error>& ending,
                                                      client_input& sent) {
  inbox in;
  login_want wanted = feed(exchange, in);
  for (;;) {
    // The last words of who is admitted go with the welcome.
    net::error_code unsent;
    if (wanted != login_want::admitted) unsent = co_await send_output(client, exchange);
    if (unsent) co_return std::unexpected(lost(fault::client, client, unsent));
    switch (wanted) {
      case login_want::input:
        if (const auto failed = co_await in.fill(client)) {
          // A wait that we ended ourselves does not say that it left.
          sent.silent = sent.silent && failed != net::asio::error::operation_aborted;
          co_return std::unexpected(lost(fault::client, client, failed));
        }
        sent.silent = false;
        wanted = feed(exchange, in);
        break;
      case login_want::tls: {
        if (const auto failed = co_await client.handshake(*tls, net::tls_role::server)) {
          co_return failure(error_kind::login, fault::client, "the TLS handshake failed",
                            client.tls()->failure() + " (" + failed.message() + ")");
        }
        tls_facts facts = facts_of(client);
        facts.endpoint_hash = tls->endpoint_hash();
        wanted = exchange.encrypted(facts);
        break;
      }
      case login_want::secret: {
        if (ending) co_return std::unexpected(*ending);
        auto known = co_await lookup(exchange.request().user);
        if (ending) co_return std::unexpected(*ending);
        if (!known) {
          const std::string words = exchange.refuse(known.error());
          co_await client.write_all(words);
          co_return std::unexpected(std::move(known.error()));
        }
        wanted = exchange.credential(std::move(*known));
        break;
      }
      case login_want::failed:
        co_return std::unexpected(exchange.failure());
      case login_want::admitted:
      case login_want::cancel:
        sent.rest = std::move(in.bytes);
        co_return wanted;
    }
  }
}

net::awaitable<result<void>> carry_server_login(net::stream& server, server_login& exchange,
                                                const net::tls_context* tls,
                                                const std::string& host) {
  inbox in;
  login_want wanted = feed(exchange, in);
  for (;;) {
    if (const auto failed = co_await send_output(server, exchange)) {
      co_return std::unexpected(lost(fault::server, server, failed));
    }
    switch (wanted) {
      case login_want::input:
        if (const auto failed = co_await in.fill(server)) {
          co_return std::unexpected(lost(fault::server, server, failed));
        }
        wanted = feed(exchange, in);
        break;
      case login_want::tls:
        if (const auto failed = co_await server.handshake(*tls, net::tls_role::client, host)) {
          co_return failure(error_kind::unavailable, fault::server,
                            "the TLS handshake with the server failed: " + server.tls()->failure() +
                                "; see tls of the cluster",
                            failed.message());
        }
        wanted = exchange.encrypted(facts_of(server));
        break;
      case login_want::admitted:
        // Nobody has asked for it, and nobody reads what stands here. As a rule it is a goodbye.
        if (!in.bytes.empty()) {
          co_return failure(error_kind::lost, fault::server,
                            "the server sent more than the end of its login, which is not safe to "
                            "pass on or to drop: try again",
                            std::to_string(in.bytes.size()) + " bytes");
        }
        co_return result<void>{};
      default:
        co_return std::unexpected(exchange.failure());
    }
  }
}

}  // namespace skein::proxy
