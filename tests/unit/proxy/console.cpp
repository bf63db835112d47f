// The console of a whole proxy: what it gathers from the cores, how PAUSE, RESUME and KILL reach
// sessions on each of them, and how a client that waits for an answer is let go.
#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "tests/unit/proxy/house.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const login_request at_console{"app", "skein", {}};
constexpr std::string_view ready("Z\0\0\0\5I", 6);

std::string query(const std::string& text) {
  std::string out;
  postgres::message_writer(out).begin('Q').text(text).end();
  return out;
}

net::awaitable<> send(guest& who, const std::string& text) {
  const std::string words = query(text);
  co_await who.connection.write_all(words);
}

// All until it is ready for more; what it was told before is forgotten.
net::awaitable<> hear(guest& who) {
  who.heard.clear();
  std::array<std::byte, 4096> chunk;
  while (!who.heard.ends_with(ready)) {
    const auto [failed, count] = co_await who.connection.read_some(chunk);
    if (failed) co_return;
    who.heard.append(reinterpret_cast<const char*>(chunk.data()), count);
  }
}

net::awaitable<> say(guest& who, const std::string& text) {
  co_await send(who, text);
  co_await hear(who);
}

std::size_t rows_in(std::string_view heard) {
  std::size_t found = 0;
  byte_view rest = postgres::as_bytes(heard);
  for (auto taken = postgres::take_message(rest, 1U << 20, fault::server); taken && *taken;
       taken = postgres::take_message(rest, 1U << 20, fault::server))
    found += (*taken)->type == 'D';
  return found;
}

// The first cell of the first row that holds these words.
std::string first_cell(std::string_view heard, std::string_view holding) {
  byte_view rest = postgres::as_bytes(heard);
  for (auto taken = postgres::take_message(rest, 1U << 20, fault::server); taken && *taken;
       taken = postgres::take_message(rest, 1U << 20, fault::server)) {
    if ((*taken)->type != 'D' || !postgres::as_text((*taken)->body).contains(holding)) continue;
    postgres::field_reader body((*taken)->body);
    body.u16();
    return std::string(body.raw(body.u32()));
  }
  return {};
}

net::awaitable<> nap(house& at, std::chrono::milliseconds time) {
  net::timer alarm(at.where(), time);
  co_await alarm.async_wait(net::use_result);
}

net::awaitable<> enter_both(house& at, guest& one, guest& two) {
  co_await at.enter(one);
  co_await at.enter(two, at_console);
}

net::awaitable<> look_around(house& at, std::vector<guest*> others, guest& asker) {
  for (guest* each : others) {
    co_await at.enter(*each);
    co_await house::ask(*each);
  }
  co_await at.enter(asker, at_console);
  co_await say(asker, "show sessions");
}

net::awaitable<> pause_and_resume(house& at, guest& other, guest& asker, std::string& during) {
  co_await enter_both(at, other, asker);
  co_await say(asker, "pause");
  CHECK(asker.heard.contains("PAUSE"));
  co_await house::send_query(other);
  co_await nap(at, 50ms);
  co_await say(asker, "show pools");
  during = asker.heard;
  CHECK(at.counters(0).queries.value() + at.counters(1).queries.value() == 0);
  co_await say(asker, "resume");
  CHECK(asker.heard.contains("RESUME"));
  co_await hear(other);
}

net::awaitable<> log_in_while_paused(house& at, guest& asker, guest& late, bool& inside_early) {
  co_await at.enter(asker, at_console);
  co_await say(asker, "pause shop");
  net::task_group coming(at.where());
  coming.spawn(at.enter(late));
  co_await nap(at, 400ms);  // longer than pool.wait
  inside_early = late.inside;
  co_await say(asker, "resume");
  co_await coming.join();
}

// Asks again and again until the answer holds these words.
net::awaitable<> wait_for(house& at, guest& console, std::string what, std::string words) {
  for (int tries = 0; tries < 2000; ++tries) {
    co_await say(console, what);
    if (console.heard.contains(words)) co_return;
    co_await nap(at, 2ms);
  }
  FAIL_CHECK("in vain: ", words);
}

// One session's query is never answered, and `asker` waits for it.
net::awaitable<> begin_pause(house& at, guest& busy, guest& asker, guest& watcher) {
  co_await enter_both(at, busy, asker);
  co_await at.enter(watcher, at_console);
  co_await house::send_query(busy);
  co_await wait_for(at, watcher, "show sessions", "active");
  co_await send(asker, "pause");
  co_await wait_for(at, watcher, "show pools", "paused");
}

net::awaitable<> pause_in_vain(house& at, guest& busy, guest& asker, guest& watcher) {
  co_await begin_pause(at, busy, asker, watcher);
  const bool cancelled = co_await at.cancel(asker.greeting.key);
  CHECK(cancelled);
  co_await hear(asker);
}

net::awaitable<> leave_during_pause(house& at, guest& busy, guest& asker, guest& watcher) {
  co_await begin_pause(at, busy, asker, watcher);
  asker.connection.close();
  co_await wait_for(at, watcher, "show pools", "serving");
}

// Who waits is told of another's RESUME.
net::awaitable<> resume_one_of_two(house& at, guest& busy, guest& asker, guest& watcher) {
  co_await begin_pause(at, busy, asker, watcher);
  co_await say(watcher, "resume archive");
  co_await hear(asker);
  co_await say(watcher, "show pools");
}

net::awaitable<> pause_what_is_paused(house& at, guest& busy, guest& asker, guest& watcher) {
  co_await enter_both(at, busy, asker);
  co_await at.enter(watcher, at_console);
  co_await say(watcher, "pause archive");
  CHECK(watcher.heard.contains("PAUSE"));
  co_await house::send_query(busy);
  co_await wait_for(at, watcher, "show sessions", "active");
  co_await send(asker, "pause");
  co_await nap(at, 50ms);
  const bool cancelled = co_await at.cancel(asker.greeting.key);
  CHECK(cancelled);
  co_await hear(asker);
  co_await say(watcher, "show pools");
}

net::awaitable<> leave_while_held(house& at, guest& gone, guest& asker) {
  co_await enter_both(at, gone, asker);
  co_await house::ask(gone);
  co_await say(asker, "pause");
  co_await house::send_query(gone);
  co_await wait_for(at, asker, "show sessions", "paused");
  gone.connection.close();
  for (int tries = 0; tries < 2000; ++tries) {
    co_await say(asker, "show sessions");
    if (rows_in(asker.heard) == 1) break;
    co_await nap(at, 2ms);
  }
  CHECK(rows_in(asker.heard) == 1);
  co_await say(asker, "resume");
}

net::awaitable<> chatter_during_pause(house& at, guest& busy, guest& asker, guest& watcher) {
  co_await begin_pause(at, busy, asker, watcher);
  const std::string much(70'000, ' ');
  co_await send(asker, much);
  co_await wait_for(at, watcher, "show pools", "serving");
}

net::awaitable<> kill(house& at, guest& victim, guest& asker, const char* holding) {
  co_await enter_both(at, victim, asker);
  co_await say(asker, "show sessions");
  co_await send(asker, "kill " + first_cell(asker.heard, holding));
  co_await house::hear_to_the_end(holding == std::string_view("console") ? asker : victim);
  if (holding != std::string_view("console")) co_await hear(asker);
}

net::awaitable<> come_behind_console(house& at, guest& asker, guest& one, guest& two) {
  co_await at.enter(asker, at_console);
  co_await house::leave(asker);
  while (at.clients() > 0) co_await nap(at, 1ms);
  co_await at.enter(one);
  co_await at.enter(two);
}

}  // namespace

TEST_CASE("sessions of every core are told of, the console's own among them") {
  house at({.size = 4}, {}, 3);
  std::vector<guest*> others;
  for (int i = 0; i < 9; ++i) others.push_back(&at.invite());
  guest& asker = at.invite();
  at.perform([&] { return look_around(at, others, asker); });
  CHECK(rows_in(asker.heard) == 10);
  CHECK(first_cell(asker.heard, "console") != "");
  CHECK(first_cell(asker.heard, "idle") != "");
}

TEST_CASE("a paused cluster holds a transaction back until it goes on") {
  house at({.size = 4});
  guest& other = at.invite();
  guest& asker = at.invite();
  std::string during;
  at.perform([&] { return pause_and_resume(at, other, asker, during); });
  CHECK(during.contains("paused"));
  CHECK(other.heard.ends_with(ready));
}

TEST_CASE("who logs in while all is paused waits, and is let in then") {
  house at({.size = 4, .wait = 200ms});
  guest& asker = at.invite();
  guest& late = at.invite();
  bool inside_early = true;
  at.perform([&] { return log_in_while_paused(at, asker, late, inside_early); });
  CHECK_FALSE(inside_early);
  CHECK(late.inside);
}

TEST_CASE("a PAUSE that waits can be cancelled, and is undone") {
  house at({.size = 4}, {.never_answers = true});
  guest& busy = at.invite();
  guest& asker = at.invite();
  guest& watcher = at.invite();
  at.perform([&] { return pause_in_vain(at, busy, asker, watcher); });
  CHECK(asker.heard.contains("PAUSE was given up"));
}

TEST_CASE("a PAUSE whose client leaves is undone") {
  house at({.size = 4}, {.never_answers = true});
  guest& busy = at.invite();
  guest& asker = at.invite();
  guest& watcher = at.invite();
  at.perform([&] { return leave_during_pause(at, busy, asker, watcher); });
  CHECK(watcher.heard.contains("serving"));
}

TEST_CASE("a PAUSE of all that another ends for one cluster is undone for the others") {
  house at({.size = 4}, {.never_answers = true}, 2, true);
  guest& busy = at.invite();
  guest& asker = at.invite();
  guest& watcher = at.invite();
  at.perform([&] { return resume_one_of_two(at, busy, asker, watcher); });
  CHECK_MESSAGE(asker.heard.contains("RESUME was said"), asker.heard);
  CHECK(asker.heard.contains("the PAUSE is undone"));
  CHECK_FALSE(asker.heard.contains("still paused"));
  CHECK_FALSE(watcher.heard.contains("paused"));
}

TEST_CASE("a PAUSE that is given up undoes what it did, and no other's") {
  house at({.size = 4}, {.never_answers = true}, 2, true);
  guest& busy = at.invite();
  guest& asker = at.invite();
  guest& watcher = at.invite();
  at.perform([&] { return pause_what_is_paused(at, busy, asker, watcher); });
  CHECK_MESSAGE(asker.heard.contains("still paused: \"archive\""), asker.heard);
  CHECK(watcher.heard.contains("paused"));
  CHECK(watcher.heard.contains("serving"));
}

TEST_CASE("a client may leave while it is held") {
  for (const pool_mode mode : {pool_mode::transaction, pool_mode::session}) {
    CAPTURE(static_cast<int>(mode));
    house at({.mode = mode, .size = 4});
    guest& gone = at.invite();
    guest& asker = at.invite();
    at.perform([&] { return leave_while_held(at, gone, asker); });
  }
}

TEST_CASE("a PAUSE whose client sends too much to be heard leaving is undone") {
  house at({.size = 4}, {.never_answers = true});
  guest& busy = at.invite();
  guest& asker = at.invite();
  guest& watcher = at.invite();
  at.perform([&] { return chatter_during_pause(at, busy, asker, watcher); });
  CHECK(watcher.heard.contains("serving"));
}

TEST_CASE("Skein stops while a PAUSE waits") {
  house at({.size = 4}, {.never_answers = true});
  guest& busy = at.invite();
  guest& asker = at.invite();
  guest& watcher = at.invite();
  at.perform([&] { return begin_pause(at, busy, asker, watcher); });
  at.stop();
  CHECK(at.clients() == 0);
}

TEST_CASE("a session is ended by its number, and no other") {
  house at({.size = 4});
  guest& victim = at.invite();
  guest& asker = at.invite();
  at.perform([&] { return kill(at, victim, asker, "idle"); });
  CHECK(victim.heard.contains("57P01"));
  CHECK(victim.heard.contains("ended at Skein's console by user \"app\""));
  CHECK(asker.heard.contains("KILL"));
}

TEST_CASE("a console session may end itself") {
  house at({.size = 4});
  guest& victim = at.invite();
  guest& asker = at.invite();
  at.perform([&] { return kill(at, victim, asker, "console"); });
  CHECK(asker.heard.contains("57P01"));
}

TEST_CASE("the number of a console session goes to one session after it, not to two") {
  house at({.size = 4}, {}, 1);
  guest& asker = at.invite();
  guest& one = at.invite();
  guest& two = at.invite();
  at.perform([&] { return come_behind_console(at, asker, one, two); });
  CHECK(one.inside);
  CHECK(two.inside);
  CHECK(one.greeting.key.id != two.greeting.key.id);
}
