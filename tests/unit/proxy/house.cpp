// The proxy, its server and its clients: see house.hpp.
#include "tests/unit/proxy/house.hpp"

#include "backends/postgres/message.hpp"
#include "proxy/login.hpp"

namespace skein::proxy {

namespace {

using namespace std::chrono_literals;

const credentials app{"app", "secret"};
constexpr std::string_view ready("Z\0\0\0\5I", 6);

net::awaitable<> tell(net::awaitable<> body, std::promise<void> over) {
  co_await std::move(body);
  over.set_value();
}

std::string message(char type, const std::string& text) {
  std::string out;
  postgres::message_writer writer(out);
  writer.begin(type);
  if (!text.empty()) writer.text(text);
  writer.end();
  return out;
}

proxy_settings settings_of(const pool_settings& pool, unsigned cores, const backend& database) {
  proxy_settings out;
  out.cores = cores;
  out.drain = 0ms;
  auto& cluster = out.clusters.emplace_back();
  cluster.name = "shop";
  cluster.database = &database;
  cluster.server_tls = tls_mode::disable;
  cluster.users["app"] = app;
  cluster.users["friend"] = {.user = "friend", .trusted = true};
  cluster.console_users.insert("app");
  cluster.pool = pool;
  out.listeners.push_back({.name = "door", .bind = {.host = "127.0.0.1"}});
  return out;
}

}  // namespace

house::house(pool_settings pool, server_habits habits, unsigned cores, bool has_archive)
    : habits_(habits) {
  auto opened = net::acceptor::listen(town_.where(), {.host = "127.0.0.1"});
  REQUIRE(opened.has_value());
  door_ = std::move(*opened);
  view_.cluster = "shop";
  view_.leader = 0;
  view_.epoch = 1;
  view_.members.push_back({.name = "a", .address = {"127.0.0.1", door_->port()}});
  people_.spawn(answer_door());
  town_.start("town");
  proxy_settings settings = settings_of(pool, cores, database_);
  if (has_archive) settings.clusters.emplace_back(settings.clusters[0]).name = "archive";
  skein_.emplace(std::move(settings));
  const auto started = skein_->start();
  REQUIRE_MESSAGE(started.has_value(), started.error());
  skein_->see(0, std::make_shared<routing::cluster_view>(view_));
  counters_ = skein_->counters(0);
}

house::~house() {
  stop();
  town_.post([this] { door_->close(); });
  town_.finish(people_);
}

void house::stop() {
  if (!std::exchange(stopped_, true)) skein_->stop([](std::size_t) {});
}

void house::perform(const std::function<net::awaitable<>()>& body) {
  std::promise<void> told;
  const auto over = told.get_future();
  town_.post([&] { people_.spawn(tell(body(), std::move(told))); });
  over.wait();
}

void house::let(const std::function<net::awaitable<>()>& body) {
  town_.post([this, body] { people_.spawn(body()); });
}

net::awaitable<> house::answer_door() {
  for (;;) {
    auto [failed, caller] = co_await door_->accept();
    if (failed) co_return;
    ++calls_;
    people_.spawn(serve_queries(std::move(caller), habits_));
  }
}

net::awaitable<> house::knock(guest& who) {
  net::endpoint where{.host = "127.0.0.1", .port = skein_->port(0)};
  auto [failed, connection] = co_await dial_.dial(where, 5s);
  who.connection = std::move(connection);
}

net::awaitable<> house::enter(guest& who, login_request request) {
  co_await knock(who);
  const auto login = database_.start_login({tls_mode::disable, app, std::move(request), false});
  const auto done = co_await carry_server_login(who.connection, *login, nullptr, "skein");
  who.inside = done.has_value();
  if (done) who.greeting = login->greeting();
}

net::awaitable<> house::enter(guest& who) {
  return enter(who, {"app", "shop", {}});
}

net::awaitable<> house::send_query(guest& who) {
  const std::string query = message('Q', "select 1");
  co_await who.connection.write_all(query);
}

net::awaitable<bool> house::ask(guest& who) {
  co_await send_query(who);
  std::array<std::byte, 4096> chunk;
  do {
    const auto [failed, count] = co_await who.connection.read_some(chunk);
    if (failed) co_return false;
    who.heard.append(reinterpret_cast<const char*>(chunk.data()), count);
  } while (!who.heard.ends_with(ready));
  co_return true;
}

net::awaitable<> house::hear_to_the_end(guest& who) {
  std::array<std::byte, 4096> chunk;
  for (;;) {
    const auto [failed, count] = co_await who.connection.read_some(chunk);
    if (failed) co_return;
    who.heard.append(reinterpret_cast<const char*>(chunk.data()), count);
  }
}

net::awaitable<> house::leave(guest& who) {
  const std::string goodbye = message('X', "");
  co_await who.connection.write_all(goodbye);
  who.connection.close();
}

net::awaitable<bool> house::cancel(const cancel_key& key) {
  guest caller;
  co_await knock(caller);
  const auto request = database_.start_cancel({tls_mode::disable, {}, {}, false}, key);
  if (!co_await carry_server_login(caller.connection, *request, nullptr, "skein")) co_return false;
  co_await hear_to_the_end(caller);
  co_return true;
}

bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(100us);
  }
  return true;
}

}  // namespace skein::proxy
