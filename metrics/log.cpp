#include "metrics/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "metrics/json.hpp"

namespace skein::metrics::log {

namespace {

// A value of which more would only bury the line; a person finds the rest elsewhere.
constexpr std::size_t value_bytes_max = 4096;

struct sink {
  std::atomic<int> descriptor{2};
  std::atomic<format> how{format::logfmt};
  std::atomic<level> least{level::info};
  std::atomic<std::uint64_t> lost{0};
};

// The process has one log: the only global state of this folder.
sink& the_sink() {
  static sink one;
  return one;
}

bool same_word(std::string_view one, std::string_view lower) {
  return std::ranges::equal(one, lower, [](char left, char right) {
    return (left >= 'A' && left <= 'Z' ? static_cast<char>(left + 32) : left) == right;
  });
}

// "password", "api_token", "client-secret": a word of the name gives it away.
bool hides(std::string_view key) {
  static constexpr std::array<std::string_view, 4> words = {"password", "secret", "token",
                                                            "passwd"};
  while (!key.empty()) {
    const auto end = std::min(key.find_first_of("_-. "), key.size());
    const auto word = key.substr(0, end);
    if (std::ranges::any_of(words, [&](auto bad) { return same_word(word, bad); })) return true;
    key.remove_prefix(std::min(end + 1, key.size()));
  }
  return false;
}

void append_time(std::string& out, std::chrono::system_clock::time_point when) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const auto clock = static_cast<std::time_t>(seconds.count());
  std::tm parts = {};
  gmtime_r(&clock, &parts);
  std::array<char, 80> text = {};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                    parts.tm_min, parts.tm_sec, static_cast<int>((since - seconds).count()));
  out.append(text.data(), static_cast<std::size_t>(std::max(length, 0)));
}

void append_text(std::string& out, std::string_view text, bool always_quoted) {
  const bool cut = text.size() > value_bytes_max;
  if (cut) {
    text = text.substr(0, value_bytes_max);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80)
      text.remove_suffix(1);  // not in the middle of a character
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.remove_suffix(1);
  }
  const bool plain = !cut && !text.empty() && std::ranges::all_of(text, [](char letter) {
    return letter > ' ' && letter < 0x7f && letter != '"' && letter != '=' && letter != '\\';
  });
  if (plain && !always_quoted) {
    out += text;
    return;
  }
  out += '"';
  append_escaped(out, text);
  if (cut) out += "...";
  out += '"';
}

// "250us", "1.5ms", "20s": three digits are enough for a person.
void append_duration(std::string& out, std::chrono::nanoseconds took) {
  struct unit {
    double ns;
    const char* name;
  };
  static constexpr std::array<unit, 4> units = {{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
  const auto ns = static_cast<double>(took.count());
  const auto* fitting =
      std::ranges::find_if(units, [&](const unit& one) { return ns >= one.ns || -ns >= one.ns; });
  if (fitting == units.end()) fitting = &units.back();
  std::array<char, 48> text = {};
  const double shown = ns / fitting->ns;
  const bool large = shown >= 1000 || shown <= -1000;
  const int length =
      std::snprintf(text.data(), text.size(), large ? "%.0f%s" : "%.3g%s", shown, fitting->name);
  out.append(text.data(), static_cast<std::size_t>(std::max(length, 0)));
}

void append_value(std::string& out, format how, const field& one) {
  const bool json = how == format::json;
  if (hides(one.key)) {
    append_text(out, "***", json);
  } else if (const auto* text = std::get_if<std::string_view>(&one.value)) {
    append_text(out, *text, json);
  } else if (const auto* whole = std::get_if<std::int64_t>(&one.value)) {
    out += std::to_string(*whole);
  } else if (const auto* number = std::get_if<double>(&one.value)) {
    append_number(out, *number);
  } else if (const auto* flag = std::get_if<bool>(&one.value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* took = std::get_if<std::chrono::nanoseconds>(&one.value)) {
    if (json) {
      append_number(out, std::chrono::duration<double>(*took).count());
    } else {
      append_duration(out, *took);
    }
  }
}

void append_pair(std::string& out, format how, const field& one) {
  if (how == format::json) {
    if (out.size() > 1) out += ',';
    out += '"';
    append_escaped(out, one.key);
    out += "\":";
  } else {
    if (!out.empty()) out += ' ';
    // A key has no quotes in logfmt: what would break the line's shape becomes an underscore.
    for (const char letter : one.key)
      out += letter > ' ' && letter < 0x7f && letter != '=' && letter != '"' ? letter : '_';
    out += '=';
  }
  append_value(out, how, one);
}

template <typename Fields>
std::string compose(format how, std::chrono::system_clock::time_point when, level which,
                    std::string_view message, const Fields& more,
                    std::optional<std::uint64_t> suppressed) {
  std::string line;
  line.reserve(256);
  std::string time;
  append_time(time, when);
  if (how == format::json) line += '{';
  append_pair(line, how, {"time", time});
  append_pair(line, how, {"level", to_string(which)});
  append_pair(line, how, {"message", message});
  for (const field& one : more) append_pair(line, how, one);
  if (suppressed) append_pair(line, how, {"suppressed", *suppressed});
  if (how == format::json) line += '}';
  line += '\n';
  return line;
}

// One write as a rule. A signal or a nearly full disk can cut it short: the rest follows then.
void send(std::string_view line) {
  while (!line.empty()) {
    const auto sent =
        ::write(the_sink().descriptor.load(std::memory_order_relaxed), line.data(), line.size());
    if (sent > 0) {
      line.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent == 0 || errno != EINTR) {
      the_sink().lost.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
}

void write_line(level which, std::string_view message, fields more,
                std::optional<std::uint64_t> suppressed) {
  send(compose(the_sink().how.load(std::memory_order_relaxed), std::chrono::system_clock::now(),
               which, message, more, suppressed));
}

}  // namespace

std::string_view to_string(level which) {
  switch (which) {
    case level::debug:
      return "debug";
    case level::info:
      return "info";
    case level::warn:
      return "warn";
    case level::error:
      break;
  }
  return "error";
}

void configure(const settings& how) {
  the_sink().descriptor = how.descriptor;
  the_sink().how = how.format;
  the_sink().least = how.least;
}

bool enabled(level which) {
  return which >= the_sink().least.load(std::memory_order_relaxed);
}

std::uint64_t lines_lost() {
  return the_sink().lost.load(std::memory_order_relaxed);
}

std::string render(format how, std::chrono::system_clock::time_point when, level which,
                   std::string_view message, fields more) {
  return compose(how, when, which, message, more, std::nullopt);
}

void write(level which, std::string_view message, fields more) {
  if (enabled(which)) write_line(which, message, more, std::nullopt);
}

std::optional<std::uint64_t> repeat_limit::pass(std::chrono::steady_clock::time_point now) {
  const auto now_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  auto next = next_ns_.load(std::memory_order_relaxed);
  // Of threads that come at the same moment, the one whose exchange succeeds writes.
  if (now_ns < next ||
      !next_ns_.compare_exchange_strong(next, now_ns + every_.count(), std::memory_order_relaxed)) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return suppressed_.exchange(0, std::memory_order_relaxed);
}

void write_limited(repeat_limit& limit, level which, std::string_view message, fields more) {
  if (!enabled(which)) return;
  const auto suppressed = limit.pass(std::chrono::steady_clock::now());
  if (!suppressed) return;
  write_line(which, message, more, *suppressed > 0 ? suppressed : std::nullopt);
}

}  // namespace skein::metrics::log
