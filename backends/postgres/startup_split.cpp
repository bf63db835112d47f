// Which settings of a start-up packet can be replayed on any connection, and which only the server
// itself can take: split_startup of session_state.hpp, by the server's own rules for `options`.
#include <array>

#include "backends/postgres/session_state.hpp"

namespace skein::postgres {

namespace {

using settings_list = std::vector<std::pair<std::string, std::string>>;

// Looked at once, when a server process starts.
constexpr std::array<std::string_view, 8> of_connection_start{
    "ignore_system_indexes",   "jit_debugging_support",    "jit_profiling_support",
    "local_preload_libraries", "log_connections",          "log_disconnections",
    "post_auth_delay",         "session_preload_libraries"};

bool is_for_server(std::string_view name) {
  for (const auto one : of_connection_start)
    if (name == one) return true;
  return !can_be_carried(name);
}

constexpr bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Apart at white space; a backslash takes the next character as it is.
std::vector<std::string> words_of(std::string_view options) {
  std::vector<std::string> words;
  bool inside = false;
  for (std::size_t at = 0; at < options.size(); ++at) {
    if (is_space(options[at])) {
      inside = false;
      continue;
    }
    if (!std::exchange(inside, true)) words.emplace_back();
    if (options[at] == '\\') ++at;
    if (at == options.size()) break;
    words.back().push_back(options[at]);
  }
  return words;
}

// nullopt: there is more than settings in it, which the server must see as a whole, since one
// switch may stand for a setting that another names.
std::optional<settings_list> settings_of(std::string_view options) {
  settings_list found;
  const auto words = words_of(options);
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (!word->starts_with("-c") && !word->starts_with("--")) return std::nullopt;
    std::string_view pair = std::string_view(*word).substr(2);
    if (*word == "-c") {
      if (++word == words.end()) return std::nullopt;
      pair = *word;
    }
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    std::string name(pair.substr(0, equals));
    for (char& c : name)
      if (c == '-') c = '_';
    found.emplace_back(std::move(name), pair.substr(equals + 1));
  }
  return found;
}

struct settings_apart {
  settings_list carried = {};  // of equal names the last counts
  settings_list for_server = {};
};

settings_apart tell_apart(const login_request& request) {
  settings_apart apart;
  const auto place = [&apart](std::string_view written, std::string value) {
    auto name = setting_name(written);
    auto& whose = is_for_server(name) ? apart.for_server : apart.carried;
    whose.emplace_back(std::move(name), std::move(value));
  };
  // Those of `options` first: what is named by itself counts.
  std::string_view options;
  for (const auto& [name, value] : request.parameters)
    if (name == "options") options = value;
  if (auto found = settings_of(options)) {
    for (auto& [name, value] : *found) place(name, std::move(value));
  } else {
    apart.for_server.emplace_back("options", options);
  }
  for (const auto& [name, value] : request.parameters)
    if (name != "options") place(name, value);
  return apart;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> startup_for_server(const login_request& request) {
  return tell_apart(request).for_server;
}

startup_split split_startup(const login_request& request) {
  auto apart = tell_apart(request);
  settings_map settings;
  for (auto& [name, value] : apart.carried)
    settings.insert_or_assign(std::move(name), std::move(value));
  return {session_state(std::move(settings)), std::move(apart.for_server)};
}

}  // namespace skein::postgres
