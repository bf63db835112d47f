#include "proxy/switchboard.hpp"

#include "metrics/log.hpp"
#include "proxy/branch.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using std::chrono::steady_clock;

namespace {

// A server that refuses the one refuses the other.
bool alike(const credentials& one, const credentials& other) {
  return one.user == other.user && one.password == other.password &&
         one.verifier == other.verifier && one.proven.view() == other.proven.view();
}

bool holds(const std::vector<subscriber*>& all, const subscriber* one) {
  return std::ranges::find(all, one) != all.end();
}

void keep_each_once(std::vector<subscriber*>& all) {
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
}

}  // namespace

switchboard::line::line(branch& at, std::string to)
    : home(at), database(std::move(to)), changed(at.core().where()) {}

switchboard::switchboard(branch& home) : home_(home), tasks_(home.core().where()) {}

bool switchboard::listen(std::string_view channel, subscriber& by) {
  const std::string& database = by.listens_with().database;
  line& on = lines_.try_emplace(database, home_, database).first->second;
  auto found = on.channels.find(channel);
  const bool known = found != on.channels.end();
  if (!known) found = on.channels.try_emplace(std::string(channel)).first;
  if (found->second.live) {
    found->second.heard_by.push_back(&by);
    return true;
  }
  found->second.awaited_by.push_back(&by);
  if (!known && on.talk) on.say(&announcer::listen, channel);
  if (!on.server) on.changed.ring_all();
  if (!std::exchange(on.running, true)) tasks_.spawn(run(on));
  return false;
}

void switchboard::unlisten(const std::string& database, std::string_view channel, subscriber& by) {
  if (const auto on = lines_.find(database); on != lines_.end()) drop(on->second, channel, by);
}

void switchboard::forget(const std::string& database, subscriber& by) {
  const auto on = lines_.find(database);
  if (on == lines_.end()) return;
  std::vector<std::string> all;
  for (const auto& [name, state] : on->second.channels) all.push_back(name);
  for (const std::string& each : all) drop(on->second, each, by);
  std::erase(on->second.refused, &by);
}

void switchboard::drop(line& on, std::string_view channel, subscriber& by) {
  const auto found = on.channels.find(channel);
  if (found == on.channels.end()) return;
  std::erase(found->second.heard_by, &by);
  std::erase(found->second.awaited_by, &by);
  if (!found->second.heard_by.empty() || !found->second.awaited_by.empty()) return;
  on.channels.erase(found);
  if (on.talk) on.say(&announcer::unlisten, channel);
  if (on.channels.empty()) on.changed.ring_all();
}

void switchboard::check_epoch() {
  for (auto& [name, on] : lines_) {
    if (on.server && !home_.may_go_on(on.server->epoch)) on.server->close();
  }
}

net::awaitable<> switchboard::close() {
  closing_ = true;
  for (auto& [name, on] : lines_) {
    if (on.fetching) on.fetching->called_off = true;
    on.changed.ring_all();
  }
  tasks_.cancel();
  co_await tasks_.join();
}

// As long as anybody listens.
net::awaitable<> switchboard::run(line& on) {
  while (!on.channels.empty() && !closing_) {
    if (!on.server) {
      co_await connect(on);
    } else if (!on.server->out.empty()) {
      const lease held = on.server;
      co_await held->out.flush();
    } else {
      co_await on.changed.wait(net::steady_time::max());
    }
  }
  on.give_up();
  on.refused.clear();
  on.pause = pause_min;
  on.running = false;
}

// The names are copied: who goes meanwhile does not stop it for the others. What it had proved is
// kept no longer than this takes.
net::awaitable<> switchboard::connect(line& on) {
  const subscriber* speaker = on.next_speaker();
  const credentials who = speaker->listens_as();
  const login_request request = speaker->listens_with();
  errand what{who, request, steady_clock::now() + home_.cluster().pool.wait};
  on.fetching = &what;
  result<lease> got = co_await home_.obtain(what);
  on.fetching = nullptr;
  if (!got) {
    on.fail(got.error(), who);
    const bool goes_on = !on.channels.empty() && !closing_;
    // A newcomer's own name may do: it does not wait for the pause of others, nor ends it.
    if (goes_on && on.awaiting().empty()) {
      const auto until = steady_clock::now() + on.pause;
      on.pause = std::min(2 * on.pause, pause_max);
      co_await on.changed.wait(until);
    }
    co_return;
  }
  on.refused.clear();
  on.pause = pause_min;
  if (!(*got)->stream.open()) co_return;  // ended on its way to us: the next one, then
  on.server = std::move(*got);
  on.server->user = &on;
  on.talk = home_.cluster().database->make_announcer();
  std::string words;
  on.talk->begin(words);
  for (const auto& [name, state] : on.channels) on.talk->listen(name, words);
  on.server->out.push(words);
}

void switchboard::line::say(void (announcer::*what)(std::string_view, std::string&),
                            std::string_view channel) {
  std::string words;
  (talk.get()->*what)(channel, words);
  server->out.push(words);
  if (!server->out.empty()) changed.ring_all();
}

void switchboard::line::server_said(std::span<const std::byte> input) {
  std::vector<announcer_event> events;
  const std::size_t used = talk->from_server(input, events);
  server->partial.assign(reinterpret_cast<const char*>(input.data()) + used, input.size() - used);
  for (const announcer_event& each : events) take(each);
  if (talk->broken()) server->close();
}

void switchboard::line::take(const announcer_event& event) {
  const auto found = channels.find(event.channel);
  if (found == channels.end()) return;  // given up meanwhile
  channel& state = found->second;
  if (event.kind == announcer_event::what::announced) {
    home.counters().announcements.add(state.heard_by.size());
    for (subscriber* each : std::vector(state.heard_by)) each->announced(event.message);
    return;
  }
  result<void> outcome;
  if (event.kind == announcer_event::what::refused) outcome = std::unexpected(event.why);
  const auto told = std::exchange(state.awaited_by, {});
  if (outcome) {
    state.live = true;
    state.heard_by.insert(state.heard_by.end(), told.begin(), told.end());
  } else if (state.heard_by.empty()) {
    channels.erase(found);
  }
  for (subscriber* each : told) each->channel_live(outcome);
}

// Whoever listened has missed what is said until the next connection is there.
void switchboard::line::server_lost(net::error_code) {
  server = nullptr;
  talk = nullptr;
  std::vector<subscriber*> told;
  for (auto& [name, state] : channels) {
    state.live = false;
    told.insert(told.end(), state.heard_by.begin(), state.heard_by.end());
  }
  keep_each_once(told);
  if (!told.empty()) {
    home.counters().announcement_gaps.add(told.size());
    log::write(log::level::warn, "announcements may have been missed: their server was lost",
               {{"cluster", home.cluster().name},
                {"database", database},
                {"sessions", std::to_string(told.size())}});
  }
  for (subscriber* each : told) each->announcements_lost();
  changed.ring_all();
}

std::vector<subscriber*> switchboard::line::awaiting() const {
  std::vector<subscriber*> found;
  for (const auto& [name, state] : channels) {
    found.insert(found.end(), state.awaited_by.begin(), state.awaited_by.end());
  }
  keep_each_once(found);
  return found;
}

std::vector<subscriber*> switchboard::line::all() const {
  std::vector<subscriber*> found = awaiting();
  for (const auto& [name, state] : channels) {
    found.insert(found.end(), state.heard_by.begin(), state.heard_by.end());
  }
  keep_each_once(found);
  return found;
}

// There is one: of each channel somebody wants to hear.
subscriber* switchboard::line::next_speaker() {
  for (const auto& from : {awaiting(), all()}) {
    const auto found =
        std::ranges::find_if_not(from, [this](auto* by) { return holds(refused, by); });
    if (found != from.end()) return *found;
  }
  refused.clear();
  return all().front();
}

// Who is refused by a login hears it, with all who would be in the same way. The others have their
// own chance. Of a server that cannot be had all hear.
void switchboard::line::fail(const error& why, const credentials& who) {
  std::vector<subscriber*> likewise = all();
  std::erase_if(likewise, [&](const auto* by) { return !alike(by->listens_as(), who); });
  refused.insert(refused.end(), likewise.begin(), likewise.end());
  refuse(why, why.kind == error_kind::login ? likewise : awaiting());
}

void switchboard::line::refuse(const error& why, const std::vector<subscriber*>& whom) {
  std::vector<subscriber*> told;
  for (auto& [name, state] : channels) {
    for (subscriber* each : std::vector(state.awaited_by)) {
      if (!holds(whom, each)) continue;
      std::erase(state.awaited_by, each);
      told.push_back(each);
    }
  }
  std::erase_if(channels, [](const auto& each) {
    return each.second.heard_by.empty() && each.second.awaited_by.empty();
  });
  for (subscriber* each : told) each->channel_live(std::unexpected(why));
}

void switchboard::line::give_up() {
  if (!server) return;
  server->user = nullptr;
  server->close();
  server = nullptr;
  talk = nullptr;
}

}  // namespace skein::proxy
