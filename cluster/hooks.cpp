#include "cluster/hooks.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "metrics/log.hpp"

namespace skein::cluster {

namespace log = metrics::log;

namespace {

// The name by which this program was called need not be found by who it starts.
std::string own_program() {
  std::error_code failed;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? "skein" : path.string();
}

// SKEIN_SETTINGS is in our own environment (cli/run): the file that this Skein goes by.
constexpr auto own_rejoin =
    R"("$SKEIN_PROGRAM" rejoin "$SKEIN_MEMBER" "$SKEIN_SETTINGS" --cluster "$SKEIN_CLUSTER" --yes)";

std::string tail_of(const std::string& output) {
  constexpr std::size_t enough = 2000;
  std::string tail = output.size() > enough ? output.substr(output.size() - enough) : output;
  while (tail.ends_with('\n')) tail.pop_back();
  return tail;
}

}  // namespace

const char* const own_keep =
    R"("$SKEIN_PROGRAM" rejoin "$SKEIN_MEMBER" "$SKEIN_SETTINGS" --cluster "$SKEIN_CLUSTER" )"
    "--keep-only";

std::chrono::seconds hooks::pause_after(unsigned failures) {
  return std::chrono::seconds(5) * (1U << std::min(failures > 0 ? failures - 1 : 0U, 7U));
}

void hooks::bring_back(hook_facts who) {
  const std::lock_guard lock(mutex_);
  if (busy_ || stopping_ || clock::now() < news_.again) return;
  if (thread_.joinable()) thread_.join();  // it has nothing left to do
  busy_ = true;
  thread_ = std::thread([this, who = std::move(who)] { run(who); });
}

void hooks::settle() {
  const std::lock_guard lock(mutex_);
  if (busy_) return;
  failures_ = 0;
  news_ = {};
}

hook_news hooks::news() const {
  const std::lock_guard lock(mutex_);
  return news_;
}

void hooks::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void hooks::run(const hook_facts& who) {
  // What somebody's own `rejoin` copies other data over is gone. That its rows could not be written
  // out stands in the log, with what to run by hand.
  if (!commands_.keep.empty()) run_one("keep", commands_.keep, who);
  const bool well = run_one("stop", commands_.stop, who) &&
                    run_one("rejoin", commands_.rejoin, who) &&
                    run_one("start", commands_.start, who);
  const std::lock_guard lock(mutex_);
  busy_ = false;
  news_.running.clear();
  ++failures_;  // until it is seen to follow
  news_.again = clock::now() + pause_after(failures_);
  // A server takes its time to come up.
  if (well) {
    news_.failed = "its hooks have run, and it does not follow yet";
    news_.again = std::max(news_.again, clock::now() + std::chrono::seconds(60));
  }
}

bool hooks::run_one(const char* name, const std::string& command, const hook_facts& who) {
  if (stopping_) return false;
  {
    const std::lock_guard lock(mutex_);
    news_.running = name;
    news_.since = clock::now();
  }
  const auto setting = [](const char* key, const std::string& value) {
    return std::string(key) + "=" + value;
  };
  const std::string text = command.empty() ? own_rejoin : command;
  log::write(log::level::warn, "a hook is run",
             {{"cluster", who.cluster}, {"member", member_}, {"hook", name}, {"command", text}});
  const program_end end = run_program(
      {.words = {"/bin/sh", "-c", text},
       .environment = {setting("SKEIN_HOOK", name), setting("SKEIN_PROGRAM", own_program()),
                       setting("SKEIN_CLUSTER", who.cluster), setting("SKEIN_MEMBER", member_),
                       setting("SKEIN_MEMBER_ADDRESS", who.member_address),
                       setting("SKEIN_LEADER", who.leader),
                       setting("SKEIN_LEADER_ADDRESS", who.leader_address)},
       .patience = commands_.timeout},
      &stopping_);
  const std::string said = end.well() ? "" : in_words(end, commands_.timeout);
  log::write(end.well() ? log::level::info : log::level::error,
             end.well() ? "a hook did well" : "a hook failed",
             {{"cluster", who.cluster},
              {"member", member_},
              {"hook", name},
              {"result", said},
              {"output", tail_of(end.output)}});
  if (end.well()) return true;
  const std::lock_guard lock(mutex_);
  news_.failed = std::string("its hook `") + name + "` " + said;
  return false;
}

}  // namespace skein::cluster
