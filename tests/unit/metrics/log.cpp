#include "metrics/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
namespace log_lines = skein::metrics::log;
using log_lines::format;
using log_lines::level;

namespace {

const auto noon = std::chrono::system_clock::time_point(1'760'000'000'123ms);

std::string logfmt(std::string_view message, log_lines::fields more = {}) {
  return log_lines::render(format::logfmt, noon, level::warn, message, more);
}

std::string json(std::string_view message, log_lines::fields more = {}) {
  return log_lines::render(format::json, noon, level::warn, message, more);
}

const std::string logfmt_front = "time=2025-10-09T08:53:20.123Z level=warn message=";

// The log's descriptor for the length of a test.
class captured_log {
 public:
  explicit captured_log(level least, format how = format::logfmt) {
    REQUIRE(::pipe2(ends_.data(), O_NONBLOCK) == 0);
    log_lines::configure({ends_[1], how, least});
  }
  ~captured_log() {
    log_lines::configure({});
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  std::string read() const {
    std::string out;
    std::array<char, 65536> part = {};
    for (ssize_t got = 0; (got = ::read(ends_[0], part.data(), part.size())) > 0;)
      out.append(part.data(), static_cast<std::size_t>(got));
    return out;
  }

 private:
  std::array<int, 2> ends_ = {};
};

std::size_t count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

TEST_CASE("a logfmt line: time, level, message and the fields in their order") {
  CHECK(logfmt("member is unreachable",
               {{"member", "a"}, {"tries", 3}, {"share", 0.25}, {"fatal", false}}) ==
        logfmt_front + "\"member is unreachable\" member=a tries=3 share=0.25 fatal=false\n");
}

TEST_CASE("a JSON line holds the same, typed") {
  CHECK(json("member is unreachable",
             {{"member", "a"}, {"tries", 3}, {"share", 0.25}, {"fatal", false}}) ==
        R"({"time":"2025-10-09T08:53:20.123Z","level":"warn","message":"member is unreachable",)"
        R"("member":"a","tries":3,"share":0.25,"fatal":false})"
        "\n");
}

TEST_CASE("durations have a unit for people and are seconds for machines") {
  CHECK(logfmt("m", {{"took", 250us}}) == logfmt_front + "m took=250us\n");
  CHECK(logfmt("m", {{"took", 1500us}}) == logfmt_front + "m took=1.5ms\n");
  CHECK(logfmt("m", {{"took", 7205s}}) == logfmt_front + "m took=7205s\n");
  CHECK(logfmt("m", {{"took", 0s}}) == logfmt_front + "m took=0ns\n");
  CHECK(json("m", {{"took", 1500us}}).ends_with("\"took\":0.0015}\n"));
}

TEST_CASE("text cannot forge a field, a line or a terminal's colour") {
  CHECK(logfmt("m", {{"user", "x level=error"}}) == logfmt_front + "m user=\"x level=error\"\n");
  CHECK(logfmt("m", {{"user", "x\nlevel=error"}}) == logfmt_front + "m user=\"x\\nlevel=error\"\n");
  CHECK(logfmt("m", {{"user", "say \"hi\""}}) == logfmt_front + "m user=\"say \\\"hi\\\"\"\n");
  CHECK(logfmt("m", {{"user", "\x1b[31m"}}) == logfmt_front + "m user=\"\\u001b[31m\"\n");
  CHECK(logfmt("m", {{"user", "\xff"}}) == logfmt_front + "m user=\"\xef\xbf\xbd\"\n");
  CHECK(logfmt("m", {{"user", ""}}) == logfmt_front + "m user=\"\"\n");
  CHECK(logfmt("m", {{"a key", "x"}}) == logfmt_front + "m a_key=x\n");
  CHECK(json("m", {{"user", "x\"}\n"}})
            .ends_with(R"("user":"x\"}\n"})"
                       "\n"));
}

TEST_CASE("every control character is made safe, in keys, messages and values") {
  for (int code = 0; code < 0x20; ++code) {
    const std::string text(1, static_cast<char>(code));
    for (const auto& line : {logfmt(text, {{text, text}}), json(text, {{text, text}})}) {
      CAPTURE(code);
      CHECK(line.find_first_of(text) == (text == "\n" ? line.size() - 1 : std::string::npos));
    }
  }
}

TEST_CASE("fields named as secrets print *** whatever they hold") {
  CHECK(logfmt("m", {{"password", "hunter2"}}) == logfmt_front + "m password=***\n");
  CHECK(logfmt("m", {{"token", 42}}) == logfmt_front + "m token=***\n");
  CHECK(logfmt("m", {{"secret", true}}) == logfmt_front + "m secret=***\n");
  CHECK(logfmt("m", {{"API_Token", "abc"}}) == logfmt_front + "m API_Token=***\n");
  CHECK(logfmt("m", {{"client-secret", "abc"}}) == logfmt_front + "m client-secret=***\n");
  CHECK(json("m", {{"db.password", 1.5}}).ends_with("\"db.password\":\"***\"}\n"));
  CHECK(logfmt("m", {{"secretary", "Ann"}}) == logfmt_front + "m secretary=Ann\n");
}

TEST_CASE("a value that would bury its line is cut, not inside a character") {
  std::string text(4095, 'x');
  text += "ä tail";
  const auto line = logfmt("m", {{"text", text}});
  CHECK(line == logfmt_front + "m text=\"" + std::string(4095, 'x') + "...\"\n");
}

TEST_CASE("lines below the level are not written") {
  captured_log captured(level::warn);
  CHECK_FALSE(log_lines::enabled(level::info));
  log_lines::write(level::info, "quiet");
  log_lines::write(level::error, "loud");
  const auto text = captured.read();
  CHECK(text.find("quiet") == std::string::npos);
  CHECK(text.find("level=error message=loud\n") != std::string::npos);
}

TEST_CASE("lines of several threads stay whole") {
  captured_log captured(level::info);
  constexpr int lines_each = 50;
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([number] {
      const std::string text(100, static_cast<char>('a' + number));
      for (int line = 0; line < lines_each; ++line)
        log_lines::write(level::info, "m", {{"text", text}});
    });
  }
  for (auto& thread : threads) thread.join();
  const auto text = captured.read();
  CHECK(count_lines(text) == 4 * lines_each);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    const auto line = std::string_view(text).substr(at, end - at);
    const auto value = line.substr(line.find("text=") + 5);
    CHECK(line.starts_with("time="));
    CHECK(value == std::string(100, value.front()));
    at = end + 1;
  }
}

TEST_CASE("a line that cannot be written is counted, and nobody waits for it") {
  captured_log captured(level::info);
  const auto before = log_lines::lines_lost();
  const std::string text(4000, 'x');
  for (int line = 0; line < 100; ++line) log_lines::write(level::info, "m", {{"text", text}});
  const auto lost = log_lines::lines_lost() - before;
  CHECK(lost > 0);
  CHECK(lost < 100);
}

TEST_CASE("a repeated line passes once a while and says how many were suppressed") {
  log_lines::repeat_limit limit(10s);
  const auto start = std::chrono::steady_clock::time_point(100s);
  CHECK(limit.pass(start) == 0);
  CHECK(limit.pass(start + 1s) == std::nullopt);
  CHECK(limit.pass(start + 9999ms) == std::nullopt);
  CHECK(limit.pass(start + 10s) == 2);
  CHECK(limit.pass(start + 11s) == std::nullopt);
  CHECK(limit.pass(start + 60s) == 1);
}

TEST_CASE("suppressed lines appear as a field of the next") {
  captured_log captured(level::info);
  log_lines::repeat_limit limit(50ms);
  for (int line = 0; line < 5; ++line) log_lines::write_limited(limit, level::warn, "again");
  std::this_thread::sleep_for(60ms);
  log_lines::write_limited(limit, level::warn, "again", {{"n", 1}});
  const auto text = captured.read();
  CHECK(count_lines(text) == 2);
  CHECK(text.ends_with("message=again n=1 suppressed=4\n"));
}
