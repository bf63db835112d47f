#include "tests/servers/server.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "tests/servers/ports.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {

using std::chrono::seconds;

std::string_view to_string(engine which) {
  switch (which) {
    case engine::postgres:
      return "postgres";
    case engine::mariadb:
      return "mariadb";
    case engine::mysql:
      return "mysql";
  }
  std::unreachable();
}

bool is_wanted(engine which) {
  const char* limit = std::getenv("SKEIN_TEST_ENGINES");
  if (limit == nullptr || *limit == 0) return true;
  const auto list = "," + std::string(limit) + ",";
  return list.find("," + std::string(to_string(which)) + ",") != std::string::npos;
}

server::server(std::string name, std::filesystem::path folder, server_options options)
    : name_(std::move(name)),
      folder_(std::move(folder)),
      options_(std::move(options)),
      port_(free_port()) {}

void server::write_file(const std::filesystem::path& path, std::string_view text) const {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

void server::launch() {
  if (is_running()) throw std::runtime_error("member " + name_ + " runs already");
  process_.reset();
  configure();
  auto options = command();
  options.output = log();
  process_.emplace(std::move(options));
}

void server::start() {
  launch();
  wait_until_ready();
}

void server::wait_until_ready(milliseconds deadline) {
  wait_until(
      [&] {
        if (is_running()) ask(nullptr, "select 1");
        return true;
      },
      deadline, "member " + name_ + " answers; its log is " + log().string());
  if (!is_running())
    throw std::runtime_error("member " + name_ + " ended while starting; its log is " +
                             log().string());
  settle();
}

void server::stop(stop_mode mode) {
  if (!is_running()) return;
  process_->signal(stop_signal(mode));
  if (!process_->wait(seconds{60}))
    throw std::runtime_error("member " + name_ + " does not stop; its log is " + log().string());
  wait_until([&] { return process_->processes().empty(); }, seconds{10},
             "the children of member " + name_ + " are gone");
}

void server::restart(stop_mode mode) {
  stop(mode);
  start();
}

void server::kill() {
  process().kill();
}
void server::freeze() {
  process().freeze();
}
void server::thaw() {
  process().thaw();
}
bool server::is_running() {
  return process_ && process_->is_running();
}

child_process& server::process() {
  if (!process_) throw std::runtime_error("member " + name_ + " was never started");
  return *process_;
}

rows server::query(std::string_view sql) {
  return ask(nullptr, sql);
}
rows server::query_as(const login& who, std::string_view sql) {
  return ask(&who, sql);
}

std::string server::value(std::string_view sql) {
  const auto all = ask(nullptr, sql);
  if (all.empty() || all[0].empty() || !all[0][0])
    throw std::runtime_error("no value: " + std::string(sql));
  return *all[0][0];
}

}  // namespace skein::servers
