#include "cli/reload.hpp"

#include "backends/registry/registry.hpp"
#include "conf/changes.hpp"

namespace skein::cli {

namespace log = metrics::log;

namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string join(const std::vector<std::string>& lines, const char* between) {
  std::string text;
  for (const auto& each : lines) text += (text.empty() ? "" : between) + each;
  return text;
}

}  // namespace

std::expected<prepared_reload, std::string> prepare_reload(const settings_source& running) {
  auto next = conf::load_file(running.file, {.engines = backend_names()});
  std::vector<std::string> wrong;
  if (!next) {
    for (const auto& each : next.error()) wrong.push_back(conf::format(each, running.file));
    return std::unexpected(join(wrong, "\n"));
  }
  prepared_reload out;
  for (auto& each : conf::compare(running.loaded, *next)) {
    if (each.wants_restart) wrong.push_back(to_string(each) + ": only a restart takes this over");
    out.changes.emplace_back(std::move(each.key), std::move(each.text));
  }
  if (!wrong.empty()) return std::unexpected(join(wrong, "\n"));
  if (out.changes.empty()) return out;
  conf::put_in_order(running.loaded.settings, next->settings);
  auto made = compose(next->settings);
  if (!made) return std::unexpected(running.file + ": " + made.error());
  made->proxy.console.settings = compose_settings_table(*next, running.file);
  out.parts = std::move(*made);
  out.loaded = std::move(*next);
  return out;
}

reloads::reloads(settings_source running, std::function<void(parts)> apply)
    : running_(std::move(running)), apply_(std::move(apply)) {
  so_far_.succeeded_at = seconds_since_1970();
}

void reloads::start() {
  thread_ = std::thread([this] { work(); });
}

void reloads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

metrics::reload_sample reloads::so_far() const {
  const std::lock_guard lock(mutex_);
  return so_far_;
}

void reloads::ask(std::string by, teller tell) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      asked_.push_back({std::move(by), std::move(tell)});
      changed_.notify_all();
      return;
    }
  }
  tell(failure(error_kind::shutdown, fault::us, "Skein is stopping: nothing is read anew"));
}

void reloads::work() {
  for (;;) {
    std::deque<question> now;
    bool over = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !asked_.empty(); });
      now.swap(asked_);
      over = stopping_;
    }
    for (const question& each : now) {
      each.tell(over ? failure(error_kind::shutdown, fault::us, "Skein is stopping")
                     : reload(each.by));
    }
    if (over) return;
  }
}

proxy::reload_answer reloads::reload(const std::string& by) {
  auto made = prepare_reload(running_);
  if (!made) {
    {
      const std::lock_guard lock(mutex_);
      ++so_far_.refused;
    }
    log::write(log::level::error, "the settings file is refused: nothing has changed",
               {{"by", by}, {"file", running_.file}, {"why", made.error()}});
    return std::unexpected(
        error{error_kind::unsupported,
              fault::client,
              "F0000",
              "the settings file is refused, and nothing has changed:\n" + made.error(),
              {}});
  }
  const bool changed = !made->changes.empty();
  if (changed) {
    apply_(std::move(made->parts));
    running_.loaded = std::move(made->loaded);
  }
  {
    const std::lock_guard lock(mutex_);
    ++(changed ? so_far_.applied : so_far_.unchanged);
    so_far_.succeeded_at = seconds_since_1970();
  }
  std::vector<std::string> told;
  for (const auto& [key, change] : made->changes)
    told.emplace_back(key).append(": ").append(change);
  log::write(
      log::level::info, "settings reloaded",
      {{"by", by}, {"file", running_.file}, {"changes", told.size()}, {"what", join(told, "; ")}});
  return std::move(made->changes);
}

}  // namespace skein::cli
