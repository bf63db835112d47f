#include "tests/servers/skein_process.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "tests/servers/certificates.hpp"
#include "tests/servers/ports.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SKEIN_TEST_SANITIZED true
#elif defined(__has_feature)
#define SKEIN_TEST_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SKEIN_TEST_SANITIZED false
#endif

#if defined(__has_feature)
#define SKEIN_TEST_PROBES_MEMORY __has_feature(undefined_behavior_sanitizer)
#else
#define SKEIN_TEST_PROBES_MEMORY false
#endif

namespace skein::servers {

const bool is_sanitized = SKEIN_TEST_SANITIZED;
const bool needs_descriptors = SKEIN_TEST_PROBES_MEMORY;

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string in_ms(milliseconds time) {
  return std::to_string(time.count()) + "ms";
}

// Several Skeins may stand before one cluster.
fs::path fresh_folder(const cluster& before) {
  for (int number = 1;; ++number) {
    const auto folder = before.folder() / ("skein" + std::to_string(number));
    if (fs::create_directory(folder)) return folder;
  }
}

}  // namespace

std::string skein_program() {
  const char* chosen = std::getenv("SKEIN_TEST_BINARY");
  return chosen != nullptr && *chosen != 0 ? chosen : SKEIN_TEST_BINARY_DEFAULT;
}

skein_process::skein_process(cluster& before, skein_options options)
    : folder_(fresh_folder(before)),
      settings_(folder_ / "skein.yaml"),
      port_(free_port()),
      admin_port_(free_port()),
      exceptions_before_(std::uncaught_exceptions()) {
  write_settings(before, options);
  command_ = {skein_program(), "run", settings_.string()};
  if (options.descriptors > 0) {
    command_.insert(command_.begin(),
                    {"prlimit", "--nofile=" + std::to_string(options.descriptors)});
  }
  start();
}

void skein_process::start() {
  process_.emplace(
      child_options{.command = command_, .folder = folder_, .output = folder_ / "skein.log"});
  wait_until_ready();
}

skein_process::~skein_process() {
  if (process_) {
    process_->signal(SIGTERM);
    if (!process_->wait(milliseconds{300})) process_->signal(SIGTERM);  // no drain
    const auto code = process_->wait(seconds{5});
    CHECK_MESSAGE(code == 0,
                  "Skein's exit code at the end: ", code ? std::to_string(*code) : "none");
  }
  if (test_has_failed() || std::uncaught_exceptions() > exceptions_before_) {
    const auto text = log();
    std::cerr << "---- end of Skein's log, " << (folder_ / "skein.log").string() << "\n"
              << text.substr(text.size() > 4000 ? text.size() - 4000 : 0);
  }
}

void skein_process::write_settings(cluster& before, const skein_options& how) const {
  const auto& files = test_certificates();
  std::ofstream out(settings_);
  out << "listeners:\n  - bind: 127.0.0.1:" << port_
      << (how.proxy_protocol ? "\n    proxy_protocol: true" : "")
      << "\n    tls: {mode: " << how.client_tls;
  if (how.client_tls != "disable") {
    out << ", certificate: " << files.server_certificate << ", key: " << files.server_key;
  }
  if (how.client_tls.starts_with("verify") || !how.rules.empty()) {
    out << ", ca: " << files.authority;
  }
  out << "}\n";
  const auto listed = [](const std::vector<std::string>& rules) {
    std::string text = rules.empty() ? "" : "    rules:\n";
    for (const auto& each : rules) text += "      - {" + each + "}\n";
    return text;
  };
  out << listed(how.rules);
  if (how.unix_socket) {
    out << "  - bind: unix:" << (folder_ / (".s.PGSQL." + std::to_string(port_))).string()
        << (how.proxy_protocol ? "\n    proxy_protocol: true" : "") << "\n"
        << listed(how.socket_rules.empty() ? how.rules : how.socket_rules);
  }
  out << "clusters:\n  shop:\n    engine: "
      << (before.which() == engine::postgres ? "postgres" : "mysql") << "\n    members:\n";
  for (const auto& name : before.names()) {
    const auto to = how.linked ? before.link(how.party, name).port() : before.member(name).port();
    const auto more = how.members.find(name);
    out << "      - {name: " << name << ", address: 127.0.0.1:" << to
        << (more == how.members.end() ? "" : ", " + more->second) << "}\n";
  }
  out << "    tls: {mode: " << how.server_tls;
  if (how.server_tls.starts_with("verify")) out << ", ca: " << files.authority;
  out << "}\n    compression: " << how.compression << "\n    pool: {mode: " << how.pool_mode
      << ", size: " << how.pool_size << ", wait: " << in_ms(how.pool_wait)
      << ", connect_timeout: " << in_ms(how.connect_timeout) << (how.pool.empty() ? "" : ", ")
      << how.pool << "}\n"
      << "    timeouts: {" << how.timeouts << "}\n"
      << "    health: {interval: " << in_ms(how.health_interval)
      << ", timeout: " << in_ms(how.health_timeout) << (how.health.empty() ? "" : ", ")
      << how.health << "}\n";
  if (!how.routing.empty()) out << "    routing: {" << how.routing << "}\n";
  if (!how.failover.empty()) out << "    failover: {" << how.failover << "}\n";
  if (!how.durability.empty()) out << "    durability: {" << how.durability << "}\n";
  if (!how.auth_query.empty()) out << "    auth_query: {" << how.auth_query << "}\n";
  if (!how.users.empty() || !how.trusted.empty()) out << "    users:\n";
  for (const auto& user : how.users) {
    const bool first = &user == &how.users.front() && !how.of_first_user.empty();
    out << "      - {name: " << user.user << ", password: " << user.password
        << (first ? ", " + how.of_first_user : "") << "}\n";
  }
  for (const auto& user : how.trusted) {
    out << "      - {name: " << user.user << ", password: " << user.password
        << ", method: trust}\n";
  }
  out << "admin: {bind: 127.0.0.1:" << admin_port_ << (how.admin.empty() ? "" : ", ") << how.admin
      << "}\nlog: {level: debug}\nthreads: " << how.threads
      << "\nlimits: {clients: " << how.clients_max
      << ", startup_timeout: " << in_ms(how.startup_timeout) << ", drain: " << in_ms(how.drain)
      << (how.limits.empty() ? "" : ", ") << how.limits << "}\n";
  if (how.linger > milliseconds{0}) {
    out << "takeover: {socket: unix:" << (folder_ / "takeover").string()
        << ", linger: " << in_ms(how.linger) << "}\n";
  }
  for (const auto& line : how.lines) out << line << "\n";
}

void skein_process::wait_until_ready() {
  try {
    wait_until(
        [&] {
          if (!process_->is_running()) return true;
          return get("/ready").status == 200;
        },
        seconds{20}, "Skein is ready");
  } catch (const std::exception& late) {
    throw std::runtime_error(std::string(late.what()) + "; its log:\n" + log());
  }
  if (!process_->is_running()) throw std::runtime_error("Skein did not start:\n" + log());
}

std::string skein_process::log() const {
  return text_of(folder_ / "skein.log");
}

std::string skein_process::words(const login& who, const std::string& more) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + who.user +
         " password=" + who.password + " dbname=app connect_timeout=30 " + more;
}

void skein_process::stop(milliseconds deadline) {
  process_->signal(SIGTERM);
  const auto code = process_->wait(deadline);
  CHECK_MESSAGE(code == 0, "Skein did not stop with exit code 0 within ", deadline.count(),
                " ms after SIGTERM; exit code ", code ? std::to_string(*code) : "none");
}

void skein_process::kill() {
  process_->kill();
  process_.reset();
}

http_answer skein_process::get(const std::string& path, const std::string& token) const {
  wire_socket admin(admin_port_);
  admin.send("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
             (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") + "\r\n");
  const auto text = admin.receive_all(seconds{10});
  const auto space = text.find(' ');
  const auto body = text.find("\r\n\r\n");
  if (space == std::string::npos || body == std::string::npos) {
    throw std::runtime_error("no HTTP answer to " + path + ": " + text);
  }
  return {std::atoi(text.c_str() + space), text.substr(body + 4)};
}

std::optional<double> skein_process::metric(const std::string& name,
                                            const std::string& label) const {
  std::istringstream lines(get("/metrics").body);
  std::optional<double> sum;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const char after = line.size() > name.size() ? line[name.size()] : '\0';
    if (after != '{' && after != ' ') continue;
    if (!label.empty() && line.find(label) == std::string::npos) continue;
    sum = sum.value_or(0) + std::atof(line.c_str() + line.rfind(' '));
  }
  return sum;
}

finished_child skein_process::command(std::vector<std::string> words,
                                      std::vector<std::string> environment) const {
  words.insert(words.begin(), skein_program());
  return run({.command = std::move(words),
              .environment = std::move(environment),
              .folder = folder_.parent_path(),
              .errors_apart = true},
             seconds{20});
}

void skein_process::wait_until_status_says(const std::string& text, milliseconds deadline) const {
  std::string last;
  try {
    wait_until(
        [&] {
          last = get("/status").body;
          return last.find(text) != std::string::npos;
        },
        deadline, "the status says: " + text);
  } catch (const std::exception& late) {
    throw std::runtime_error(std::string(late.what()) + "; it says: " + last);
  }
}

std::size_t skein_process::status_field(const char* name) const {
  std::ifstream lines("/proc/" + std::to_string(process_->pid()) + "/status");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name)) return std::stoul(line.substr(line.find(':') + 1)) * 1024;
  }
  throw std::runtime_error("Skein is not running: its memory cannot be read");
}

std::size_t skein_process::rss_bytes() const {
  return status_field("VmRSS");
}

std::size_t skein_process::rss_peak_bytes() const {
  return status_field("VmHWM");
}

void skein_process::reset_rss_peak() const {
  std::ofstream("/proc/" + std::to_string(process_->pid()) + "/clear_refs") << "5";
}

milliseconds skein_process::cpu() const {
  const auto text = text_of("/proc/" + std::to_string(process_->pid()) + "/stat");
  // Fields 14 and 15, counted behind the name in parentheses.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

std::size_t skein_process::descriptors() const {
  const auto folder = "/proc/" + std::to_string(process_->pid()) + "/fd";
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace skein::servers
