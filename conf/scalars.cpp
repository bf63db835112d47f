#include "conf/scalars.hpp"

#include <algorithm>

#include "conf/nearest.hpp"

namespace skein::conf {
namespace {

constexpr std::size_t name_bytes_max = 63;
constexpr std::size_t secret_bytes_max = 64UZ * 1024;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

template <typename Print>
std::string out_of_range(const rule& rules, const std::string& given, Print print) {
  return "must be from " + print(rules.least) + " to " + print(rules.most) + ", and this is " +
         given;
}

}  // namespace

std::string kind_of(const node& at) {
  switch (at.kind) {
    case node_kind::nothing:
      return "nothing";
    case node_kind::scalar:
      return "text";
    case node_kind::list:
      return "a list";
    case node_kind::map:
      return "a map";
  }
  return "nothing";
}

std::optional<std::string> bad_name(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > name_bytes_max) {
    return "is longer than " + std::to_string(name_bytes_max) + " bytes";
  }
  if (!std::ranges::all_of(text, is_name_character)) {
    return shown(text) + " may hold only letters, digits, '_', '-' and '.'";
  }
  return std::nullopt;
}

bool scalars::is_scalar(const spot& from, std::string_view wanted) {
  if (from.at.kind == node_kind::scalar) return true;
  const std::string what = kind_of(from.at);
  found_.wrong(from.path, from.at.where,
               from.at.kind == node_kind::nothing
                   ? "has no value; it wants " + std::string(wanted)
                   : "wants " + std::string(wanted) + ", and this is " + what);
  return false;
}

// A quoted number is text to every YAML tool, and to the schema: so it is to us.
bool scalars::is_number(const spot& from, std::string_view wanted) {
  if (!is_scalar(from, wanted)) return false;
  if (from.at.plain) return true;
  found_.wrong(from.path, from.at.where, "wants " + std::string(wanted) + "; leave out the quotes");
  return false;
}

template <typename T>
bool scalars::take(const spot& from, parsed<T> value, T& into) {
  if (!value) {
    found_.wrong(from.path, from.at.where, std::move(value.error()));
    return false;
  }
  into = std::move(*value);
  return true;
}

void scalars::read(const spot& from, const rule& rules, std::string& into) {
  if (!is_scalar(from, "text")) return;
  const std::string& text = from.at.text;
  if (rules.is_engine) {
    std::vector<std::string_view> engines(options_.engines.begin(), options_.engines.end());
    if (std::ranges::find(engines, text) == engines.end()) {
      return found_.wrong(
          from.path, from.at.where,
          shown(text) + " is no engine" + suggestion(text, engines, "the engines here are"));
    }
  }
  if (rules.is_name) {
    if (auto why = bad_name(text)) return found_.wrong(from.path, from.at.where, std::move(*why));
  }
  if (text.empty()) return found_.wrong(from.path, from.at.where, "is empty");
  if (std::ranges::any_of(text, is_control)) {
    return found_.wrong(from.path, from.at.where, "holds a control character");
  }
  into = text;
}

// No message here may repeat what the person wrote: it could be the secret itself.
void scalars::read(const spot& from, const rule& /*rules*/, secret& into) {
  if (!is_scalar(from, "text, env:NAME or file:PATH")) return;
  std::string text = from.at.text;
  if (text.starts_with("env:")) {
    if (!read_variable(from, from.at.text.substr(4), text)) return;
  } else if (text.starts_with("file:")) {
    if (!read_secret_file(from, from.at.text.substr(5), text)) return;
  }
  if (text.empty()) return found_.wrong(from.path, from.at.where, "is empty");
  if (text.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos) {
    return found_.wrong(from.path, from.at.where, "holds more than one line");
  }
  into = secret(std::move(text));
}

bool scalars::read_variable(const spot& from, const std::string& name, std::string& into) {
  if (name.empty()) {
    found_.wrong(from.path, from.at.where, "wants a variable's name after 'env:'");
    return false;
  }
  const auto value = options_.environment(name);
  if (!value || value->empty()) {
    found_.wrong(from.path, from.at.where,
                 "the environment variable " + shown(name) + (value ? " is empty" : " is not set"));
    return false;
  }
  into = *value;
  return true;
}

bool scalars::read_secret_file(const spot& from, const std::string& name, std::string& into) {
  if (name.empty()) {
    found_.wrong(from.path, from.at.where, "wants a file's path after 'file:'");
    return false;
  }
  if (!take(from, read_whole(resolve(name), secret_bytes_max), into)) return false;
  // Editors and `echo` end the line; the secret does not.
  if (into.ends_with('\n')) into.pop_back();
  if (into.ends_with('\r')) into.pop_back();
  if (!into.empty()) return true;
  found_.wrong(from.path, from.at.where, "the file " + shown(name) + " is empty");
  return false;
}

std::filesystem::path scalars::resolve(const std::string& text) const {
  return (options_.directory / text).lexically_normal();
}

void scalars::read(const spot& from, const rule& /*rules*/, std::filesystem::path& into) {
  if (!is_scalar(from, "a file's path")) return;
  if (from.at.text.empty()) return found_.wrong(from.path, from.at.where, "is empty");
  std::filesystem::path file = resolve(from.at.text);
  if (auto why = unreadable(file)) {
    return found_.wrong(from.path, from.at.where, std::move(*why));
  }
  into = std::move(file);
}

void scalars::read(const spot& from, const rule& rules, endpoint& into) {
  if (!is_scalar(from, "host:port")) return;
  endpoint where;
  if (!take(from, parse_endpoint(from.at.text), where)) return;
  if (rules.tcp_only && where.is_unix()) {
    return found_.wrong(from.path, from.at.where, "cannot be a unix socket; write it as host:port");
  }
  if (rules.unix_only && !where.is_unix()) {
    return found_.wrong(from.path, from.at.where, "is a unix socket; write it as unix:/path");
  }
  into = std::move(where);
}

void scalars::read(const spot& from, const rule& /*rules*/, service_url& into) {
  if (is_scalar(from, "http://host:port")) take(from, parse_url(from.at.text), into);
}

void scalars::read(const spot& from, const rule& /*rules*/, network& into) {
  if (is_scalar(from, "a range of addresses")) take(from, parse_network(from.at.text), into);
}

void scalars::read(const spot& from, const rule& rules, duration& into) {
  if (!is_scalar(from, "a duration such as 200ms or 5s")) return;
  duration time{};
  if (!take(from, parse_duration(from.at.text), time)) return;
  if (time.count() < rules.least || time.count() > rules.most) {
    const auto print = [](std::int64_t ms) { return to_string(duration(ms)); };
    return found_.wrong(from.path, from.at.where, out_of_range(rules, from.at.text, print));
  }
  into = time;
}

void scalars::read(const spot& from, const rule& rules, byte_size& into) {
  if (!is_scalar(from, "a size such as 64MiB")) return;
  byte_size size;
  if (!take(from, parse_size(from.at.text), size)) return;
  const auto bytes = static_cast<std::int64_t>(size.bytes);
  if (bytes < rules.least || bytes > rules.most) {
    const auto print = [](std::int64_t b) {
      return to_string(byte_size{static_cast<std::uint64_t>(b)});
    };
    return found_.wrong(from.path, from.at.where, out_of_range(rules, from.at.text, print));
  }
  into = size;
}

void scalars::read(const spot& from, const rule& /*rules*/, thread_count& into) {
  if (is_scalar(from, "'auto' or a number")) take(from, parse_threads(from.at.text), into);
}

void scalars::read(const spot& from, const rule& rules, unsigned& into) {
  if (!is_number(from, "a whole number")) return;
  std::int64_t number = 0;
  if (!take(from, parse_integer(from.at.text), number)) return;
  if (number < rules.least || number > rules.most) {
    const auto print = [](std::int64_t n) { return std::to_string(n); };
    return found_.wrong(from.path, from.at.where, out_of_range(rules, from.at.text, print));
  }
  into = static_cast<unsigned>(number);
}

void scalars::read(const spot& from, const rule& /*rules*/, share& into) {
  if (is_number(from, "a number")) take(from, parse_share(from.at.text), into);
}

void scalars::read(const spot& from, const rule& /*rules*/, pattern& into) {
  if (is_scalar(from, "a regular expression")) take(from, parse_pattern(from.at.text), into);
}

void scalars::read(const spot& from, const rule& /*rules*/, fingerprint& into) {
  if (is_scalar(from, "16 hexadecimal digits")) {
    take(from, parse_fingerprint(from.at.text), into);
  }
}

void scalars::read(const spot& from, const rule& /*rules*/, bool& into) {
  if (!is_number(from, "true or false")) return;
  if (from.at.text != "true" && from.at.text != "false") {
    return found_.wrong(from.path, from.at.where,
                        "wants true or false, and this is " + shown(from.at.text));
  }
  into = from.at.text == "true";
}

std::optional<std::size_t> scalars::read_word(const spot& from,
                                              std::span<const std::string_view> all) {
  const std::vector<std::string_view> candidates(all.begin(), all.end());
  if (!is_scalar(from, "one word")) return std::nullopt;
  const std::string& text = from.at.text;
  auto known = std::ranges::find(candidates, text);
  // Some write these for `yes` and `no`.
  if (known == candidates.end() && (text == "true" || text == "false"))
    known = std::ranges::find(candidates, text == "true" ? "yes" : "no");
  if (known != candidates.end()) return known - candidates.begin();
  found_.wrong(from.path, from.at.where,
               shown(from.at.text) + " is not allowed" +
                   suggestion(from.at.text, candidates, "it may be one of"));
  return std::nullopt;
}

}  // namespace skein::conf
