#include "proxy/login.hpp"

namespace skein::proxy {

namespace {

// Bytes received and not yet used by an exchange.
struct inbox {
  std::string bytes = {};

  byte_view view() const { return std::as_bytes(std::span(bytes)); }
  void keep_last(std::size_t count) { bytes.erase(0, bytes.size() - count); }

  // Nothing, and no failure: it is to be waited for.
  net::attempt fill(net::stream& from) {
    std::array<std::byte, 4096> chunk;
    net::attempt got = from.read_now(chunk);
    bytes.append(reinterpret_cast<const char*>(chunk.data()), got.bytes);
    const bool ended = !got.failure && !got.blocked && got.bytes == 0;
    if (ended) got.failure = net::asio::error::eof;
    return got;
  }
};

// What does not go at once is left.
template <typename Exchange>
net::error_code send_output(net::stream& to, Exchange& exchange, std::string& left) {
  left = exchange.take_output();
  if (left.empty()) return {};
  const net::attempt sent = to.write_now(std::as_bytes(std::span(left)));
  left.erase(0, sent.bytes);
  return sent.failure;
}

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
  inbox in{std::exchange(sent.rest, {})};
  std::string left;
  login_want wanted = feed(exchange, in);
  for (;;) {
    // The last words of who is admitted go with the welcome.
    net::error_code unsent;
    if (wanted != login_want::admitted) unsent = send_output(client, exchange, left);
    if (!unsent && !left.empty()) unsent = co_await client.write_all(left);
    if (unsent) co_return std::unexpected(lost(fault::client, client, unsent));
    switch (wanted) {
      case login_want::input: {
        const net::attempt got = in.fill(client);
        net::error_code failed = got.failure;
        if (got.blocked) std::tie(failed) = co_await client.wait(net::direction::read);
        if (failed) {
          // A wait that we ended ourselves does not say that it left.
          sent.silent = sent.silent && failed != net::asio::error::operation_aborted;
          co_return std::unexpected(lost(fault::client, client, failed));
        }
        if (got.blocked) break;
        sent.silent = false;
        wanted = feed(exchange, in);
        break;
      }
      case login_want::tls: {
        // Where a client waits for no consent its handshake may be here.
        std::string ahead = std::exchange(in.bytes, {});
        std::string no_host;
        const auto failed = co_await client.handshake(*tls, net::tls_role::server,
                                                      std::move(no_host), std::move(ahead));
        if (failed) {
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
  std::string left;
  login_want wanted = feed(exchange, in);
  for (;;) {
    net::error_code failed = send_output(server, exchange, left);
    if (!failed && !left.empty()) failed = co_await server.write_all(left);
    if (failed) co_return std::unexpected(lost(fault::server, server, failed));
    switch (wanted) {
      case login_want::input: {
        const net::attempt got = in.fill(server);
        failed = got.failure;
        if (got.blocked) std::tie(failed) = co_await server.wait(net::direction::read);
        if (failed) co_return std::unexpected(lost(fault::server, server, failed));
        if (!got.blocked) wanted = feed(exchange, in);
        break;
      }
      case login_want::tls:
        failed = co_await server.handshake(*tls, net::tls_role::client, host);
        if (failed) {
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
