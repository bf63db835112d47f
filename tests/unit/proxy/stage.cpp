// The scripted parties: see stage.hpp.
#include "tests/unit/proxy/stage.hpp"

#include "backends/postgres/message.hpp"
#include "proxy/login.hpp"

namespace skein::proxy {

namespace {

using postgres::message_writer;
namespace backend_says = postgres::from_backend;

// The next message behind `read`, whole; nullopt: the peer is gone.
net::awaitable<std::optional<std::string>> next_message(net::stream& from, std::string& pending,
                                                        std::size_t type_bytes) {
  std::array<std::byte, 4096> chunk;
  for (;;) {
    if (pending.size() >= type_bytes + 4) {
      const auto bytes = postgres::as_bytes(pending);
      const std::size_t size = type_bytes + postgres::load_u32(bytes.data() + type_bytes);
      if (pending.size() >= size) {
        std::string whole = pending.substr(0, size);
        pending.erase(0, size);
        co_return whole;
      }
    }
    const auto [failed, count] = co_await from.read_some(chunk);
    if (failed) co_return std::nullopt;
    pending.append(reinterpret_cast<const char*>(chunk.data()), count);
  }
}

std::string greeting() {
  std::string out;
  message_writer message(out);
  message.begin('R').u32(0).end();
  message.begin(backend_says::parameter_status).text("server_version").text("15.0").end();
  message.begin(backend_says::key_data).u32(7).u32(8).end();
  message.begin(backend_says::ready).byte('I').end();
  return out;
}

std::string reply(std::size_t row_bytes, char status) {
  std::string out;
  message_writer message(out);
  message.begin('D').raw(std::string(row_bytes, 'r')).end();
  message.begin(backend_says::command_complete).text("SELECT 1").end();
  message.begin(backend_says::ready).byte(status).end();
  return out;
}

// To one message. Of the extended ones each has its own; a Sync ends them.
std::string reply_to(char type, const server_habits& how) {
  std::string out;
  message_writer message(out);
  switch (type) {
    case 'P':
      message.begin(backend_says::parse_complete).end();
      return out;
    case 'B':
      message.begin(backend_says::bind_complete).end();
      return out;
    case 'C':
      message.begin(backend_says::close_complete).end();
      return out;
    case 'D':
      message.begin(backend_says::no_data).end();
      return out;
    case 'E':
      message.begin(backend_says::command_complete).text("SELECT 1").end();
      return out;
    case 'S':
      message.begin(backend_says::ready).byte(how.status).end();
      return out;
    default:
      return reply(how.row_bytes, how.status);
  }
}

std::string query(const std::string& text) {
  std::string out;
  message_writer(out).begin('Q').text(text).end();
  return out;
}

cluster_settings settings_of_shop(const backend& database) {
  cluster_settings shop;
  shop.name = "shop";
  shop.database = &database;
  shop.server_tls = tls_mode::disable;
  shop.users["app"] = {"app", "secret"};
  shop.pool.wait = std::chrono::milliseconds(300);
  return shop;
}

}  // namespace

net::awaitable<std::pair<net::error_code, net::stream>> scripted_dialer::dial(
    net::endpoint where, std::chrono::milliseconds limit) {
  dialled.push_back(std::move(where));
  if (never_answers) {
    net::timer pause(core_.where(), limit);
    const auto [cancelled] = co_await pause.async_wait(net::use_result);
    co_return std::pair(cancelled ? cancelled : net::error_code(net::asio::error::timed_out),
                        net::stream{});
  }
  if (fails_with) co_return std::pair(fails_with, net::stream{});
  auto [ours, theirs] = net::memory_end::connect(core_.where(), capacity);
  ours.obey(plan);
  tasks_.spawn(serve_(net::stream(std::move(theirs))));
  co_return std::pair(net::error_code{}, net::stream(std::move(ours)));
}

net::awaitable<> serve_queries(net::stream connection, server_habits& how) {
  std::string pending;
  const auto code_of = [](const std::string& opening) {
    return postgres::load_u32(postgres::as_bytes(opening).data() + 4);
  };
  auto opening = co_await next_message(connection, pending, 0);
  if (opening && code_of(*opening) == 80877103) {  // it has no TLS
    if (co_await connection.write_all(std::string_view("N"))) co_return;
    opening = co_await next_message(connection, pending, 0);
  }
  if (!opening) co_return;
  if (code_of(*opening) == 80877102) {
    if (how.swallows_cancels) co_await next_message(connection, pending, 1);
    co_return;
  }
  if (how.mute) {
    co_await next_message(connection, pending, 1);
    co_return;
  }
  if (how.ponders.count() > 0) {
    how.signing_in_most = std::max(how.signing_in_most, ++how.signing_in);
    net::timer pause(co_await net::asio::this_coro::executor, how.ponders);
    co_await pause.async_wait(net::use_result);
    --how.signing_in;
  }
  if (!how.refusal.empty() && opening->contains(how.refused_user)) {
    co_await connection.write_all(how.refusal);
    co_return;
  }
  const std::string welcome = greeting() + how.behind_login;
  if (co_await connection.write_all(welcome)) co_return;
  net::timer doze(co_await net::asio::this_coro::executor, how.dozes);
  if (how.dozes.count() > 0) co_await doze.async_wait(net::use_result);
  for (int left = how.answers_max; left > 0; --left) {
    const auto asked = co_await next_message(connection, pending, 1);
    if (!asked || (*asked)[0] == 'X') co_return;
    how.queried_bytes += asked->size();
    if (how.never_answers) continue;
    const std::string answer = reply_to((*asked)[0], how) + how.behind_answer;
    if (co_await connection.write_all(answer)) co_return;
  }
}

net::awaitable<> read_all(net::stream& from, std::string& into) {
  std::array<std::byte, 4096> chunk;
  for (;;) {
    const auto [failed, count] = co_await from.read_some(chunk);
    if (failed) co_return;
    into.append(reinterpret_cast<const char*>(chunk.data()), count);
  }
}

net::awaitable<> nap(net::core& core, std::chrono::milliseconds length) {
  net::timer wait(core.where(), length);
  co_await wait.async_wait(net::use_result);
}

stage::stage(std::size_t places_in_all, std::size_t logins_max)
    : budgets(places_in_all, logins_max),
      places(budgets.of({"a", 5432})),
      cluster(settings_of_shop(database)),
      dial(core, tasks,
           [this](net::stream connection) { return serve_queries(std::move(connection), habits); }),
      home(core, dial, unowned(cluster), budgets, counters) {
  routing::cluster_view view;
  view.cluster = "shop";
  view.leader = 0;
  view.epoch = 1;
  view.members.push_back({.name = "a", .address = {"a", 5432}});
  home.see(std::make_shared<routing::cluster_view>(view));
}

net::awaitable<> stage::visit(net::stream connection, int queries) {
  const auto login =
      database.start_login({tls_mode::disable, {"app", "secret"}, {"app", "shop", {}}, false});
  if (!co_await carry_server_login(connection, *login, nullptr, "skein")) co_return;
  std::string pending;
  for (int i = 0; i < queries; ++i) {
    if (co_await connection.write_all(query("select 1"))) co_return;
    for (char type = 0; type != 'Z';) {
      const auto got = co_await next_message(connection, pending, 1);
      if (!got) co_return;
      type = (*got)[0];
    }
    ++answers;
  }
  std::string goodbye;
  message_writer(goodbye).begin('X').end();
  co_await connection.write_all(goodbye);
}

net::awaitable<> stage::live(session& playing) {
  co_await playing.live();
  life.reset();
}

void stage::perform(int queries, std::shared_ptr<net::fault_plan> plan) {
  auto [ours, theirs] = net::memory_end::connect(core.where());
  ours.obey(std::move(plan));
  life = std::make_unique<session>(home, table, doors, door, cancels, net::stream(std::move(ours)));
  core.post([this, queries, client = std::make_shared<net::stream>(std::move(theirs))] {
    tasks.spawn(live(*life));
    tasks.spawn(visit(std::move(*client), queries));
  });
}

net::stream stage::enter(std::shared_ptr<net::fault_plan> plan, std::size_t capacity) {
  auto [ours, theirs] = net::memory_end::connect(core.where(), capacity);
  ours.obey(std::move(plan));
  life = std::make_unique<session>(home, table, doors, door, cancels, net::stream(std::move(ours)));
  core.post([this] { tasks.spawn(live(*life)); });
  return net::stream(std::move(theirs));
}

void stage::run_to_the_end() {
  net::task_group watching(core.where());
  core.post([this, &watching] { watching.spawn(settle()); });
  core.finish(watching);
}

// An idle server connection keeps its scripted server waiting: it goes when the session is gone.
net::awaitable<> stage::settle() {
  co_await visitors.join();
  net::timer tick(core.where());
  while (life) {
    tick.expires_after(std::chrono::microseconds(50));
    co_await tick.async_wait(net::use_result);
  }
  idle_at_end = counters.server_connections_idle.value();
  co_await home.close();
  co_await tasks.join();
}

bool stage::all_places_free() {
  std::vector<budget::slot> taken;
  while (auto one = places.try_take()) {
    one->signed_in();
    taken.push_back(std::move(*one));
  }
  return taken.size() == places.size();
}

}  // namespace skein::proxy
