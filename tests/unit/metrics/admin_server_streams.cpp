// The admin server over streams of net/: broken at every step, and by TLS.
#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>

#include "metrics/admin_server.hpp"
#include "net/core.hpp"
#include "net/dialer.hpp"

using namespace skein;
using namespace skein::metrics;
using namespace std::chrono_literals;

namespace {

const std::string get_x = "GET /x HTTP/1.1\r\nHost: here\r\n\r\n";

routes sample_paths() {
  routes paths;
  paths.add("GET", "/x", [](const http_request&) { return http_response{200, "fine"}; });
  return paths;
}

void run(net::core& core, net::awaitable<> body) {
  net::asio::co_spawn(core.where(), std::move(body), [&](const std::exception_ptr& failed) {
    CHECK_FALSE(failed);
    core.stop();
  });
  core.run();
}

struct outcome {
  std::string received = {};
  std::size_t operations = 0;
  bool ended = false;  // serve has returned
};

net::awaitable<> serve_one(admin_server& server, net::stream connection, outcome& into) {
  co_await server.serve(std::move(connection));
  into.ended = true;
}

net::awaitable<> read_answer(net::stream& user, std::string& into, std::string_view ending) {
  std::array<std::byte, 4096> part;
  while (!into.ends_with(ending)) {
    const auto [failed, count] = co_await user.read_some(part);
    if (failed) co_return;
    into.append(reinterpret_cast<const char*>(part.data()), count);
  }
}

// Asks twice over a pipe of which the given operation of the server's end fails.
net::awaitable<> ask_twice(net::core& core, std::size_t fails_at, outcome& into) {
  const auto plan = std::make_shared<net::fault_plan>();
  plan->remaining = fails_at;
  auto [here, there] = net::memory_end::connect(core.where(), 64, plan);
  net::stream user(std::move(here));
  admin_server server(core.where(), core.wheel(), {}, sample_paths());
  net::task_group group(core.where());
  group.spawn(serve_one(server, net::stream(std::move(there)), into));
  for (int round = 0; round < 2; ++round) {
    if (co_await user.write_all(get_x)) break;
    std::string answer;
    co_await read_answer(user, answer, "fine");
    into.received += answer;
  }
  user.close();
  co_await group.join();
  into.operations = plan->operations;
}

std::size_t count_of(std::string_view word, std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++count;
  return count;
}

struct certificate_files {
  certificate_files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "skein-tls-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* made = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key);
    auto* name = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("skein"), -1, -1, 0);
    X509_set_issuer_name(made, name);
    X509_sign(made, key, EVP_sha256());
    write(certificate(), [&](std::FILE* file) { PEM_write_X509(file, made); });
    write(key_file(), [&](std::FILE* file) {
      PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
    X509_free(made);
    EVP_PKEY_free(key);
  }
  certificate_files(const certificate_files&) = delete;
  ~certificate_files() { std::filesystem::remove_all(folder); }
  std::string certificate() const { return folder + "/certificate.pem"; }
  std::string key_file() const { return folder + "/key.pem"; }

 private:
  template <typename Content>
  static void write(const std::string& path, Content content) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    content(file);
    std::fclose(file);
  }
  std::string folder;
};

net::awaitable<> ask_by_tls(net::core& core, admin_server& server, std::string& received) {
  const auto context = net::tls_context::load(net::tls_role::client, {});
  REQUIRE(context.has_value());
  net::socket_dialer dial(core.where(), core.wheel());
  const net::endpoint where{.host = "127.0.0.1", .unix_path = {}, .port = server.port()};
  auto [failed, user] = co_await dial.dial(where, 5s);
  REQUIRE_FALSE(failed);
  REQUIRE_FALSE(co_await user.handshake(*context, net::tls_role::client));
  co_await user.write_all(get_x);
  co_await read_answer(user, received, "fine");
  co_await server.stop();
}

// No TLS where TLS is wanted: no answer, and the connection ends.
net::awaitable<> ask_in_clear(net::core& core, admin_server& server, std::string& received) {
  net::socket_dialer dial(core.where(), core.wheel());
  const net::endpoint where{.host = "127.0.0.1", .unix_path = {}, .port = server.port()};
  auto [failed, user] = co_await dial.dial(where, 5s);
  REQUIRE_FALSE(failed);
  co_await user.write_all(get_x);
  co_await read_answer(user, received, "fine");
  co_await server.stop();
}

}  // namespace

TEST_CASE("a connection broken at any step ends, and takes nothing with it") {
  outcome whole;
  {
    net::core core(0);
    run(core, ask_twice(core, 100'000, whole));
  }
  CHECK(count_of("fine", whole.received) == 2);
  REQUIRE(whole.operations > 4);
  for (std::size_t step = 0; step < whole.operations; ++step) {
    net::core core(0);
    outcome broken;
    run(core, ask_twice(core, step, broken));
    CAPTURE(step);
    CHECK(broken.ended);
    CHECK(count_of("HTTP/1.1 200 OK", broken.received) <= 2);
  }
}

TEST_CASE("the admin port speaks TLS when it is told so") {
  const certificate_files files;
  auto context = net::tls_context::load(
      net::tls_role::server,
      {.ca = {}, .certificate = files.certificate(), .key = files.key_file()});
  REQUIRE_MESSAGE(context.has_value(), context.error());
  for (const bool encrypted : {true, false}) {
    net::core core(0);
    admin_settings how;
    how.bind.port = 0;
    how.tls = *context;
    admin_server server(core.where(), core.wheel(), how, sample_paths());
    REQUIRE(server.start().has_value());
    std::string received;
    run(core,
        encrypted ? ask_by_tls(core, server, received) : ask_in_clear(core, server, received));
    CAPTURE(encrypted);
    CHECK(received.starts_with("HTTP/1.1 200 OK\r\n") == encrypted);
    CHECK(received.find("fine") == (encrypted ? received.size() - 4 : received.npos));
  }
}
