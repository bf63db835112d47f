#include "cli/arguments.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "conf/nearest.hpp"

namespace skein::cli {

namespace {

struct known_command {
  std::string_view word;
  command what;
};
constexpr std::array<known_command, 8> commands = {{{"run", command::run},
                                                    {"check", command::check},
                                                    {"status", command::status},
                                                    {"explain", command::explain},
                                                    {"grants", command::grants},
                                                    {"rejoin", command::rejoin},
                                                    {"switchover", command::switchover},
                                                    {"drain", command::drain}}};

bool is_command(const std::string& word) {
  return std::ranges::find(commands, word, &known_command::word) != commands.end();
}

// `command::help` stands for every command.
struct known_option {
  command of;
  std::string_view word;
  bool arguments::* flag;          // of an option without a value
  std::string arguments::* value;  // of the others
};
constexpr std::array<known_option, 29> options = {{
    {command::help, "--help", nullptr, nullptr},
    {command::help, "-h", nullptr, nullptr},
    {command::run, "--take-over", &arguments::take_over, nullptr},
    {command::status, "--admin", nullptr, &arguments::admin},
    {command::status, "--json", &arguments::json, nullptr},
    {command::check, "--keys", &arguments::keys, nullptr},
    {command::check, "--schema", &arguments::schema, nullptr},
    {command::check, "--connect", &arguments::connect, nullptr},
    {command::explain, "--cluster", nullptr, &arguments::cluster},
    {command::explain, "--database", nullptr, &arguments::database},
    {command::explain, "--user", nullptr, &arguments::user},
    {command::explain, "--admin", nullptr, &arguments::admin},
    {command::explain, "--json", &arguments::json, nullptr},
    {command::grants, "--feature", nullptr, &arguments::feature},
    {command::rejoin, "--copy", &arguments::copy, nullptr},
    {command::rejoin, "--keep-only", &arguments::keep_only, nullptr},
    {command::rejoin, "--yes", &arguments::yes, nullptr},
    {command::rejoin, "--data-directory", nullptr, &arguments::data_directory},
    {command::rejoin, "--cluster", nullptr, &arguments::cluster},
    {command::rejoin, "--admin", nullptr, &arguments::admin},
    {command::switchover, "--to", nullptr, &arguments::member},
    {command::switchover, "--cluster", nullptr, &arguments::cluster},
    {command::switchover, "--wait", nullptr, &arguments::wait},
    {command::switchover, "--leave-outside", &arguments::leave_outside, nullptr},
    {command::switchover, "--admin", nullptr, &arguments::admin},
    {command::switchover, "--json", &arguments::json, nullptr},
    {command::drain, "--cluster", nullptr, &arguments::cluster},
    {command::drain, "--back", &arguments::back, nullptr},
    {command::drain, "--admin", nullptr, &arguments::admin},
}};

bool belongs(const known_option& option, command to) {
  return option.of == to || option.of == command::help;
}

const known_option* find_option(command of, std::string_view word) {
  for (const auto& each : options) {
    if (belongs(each, of) && each.word == word) return &each;
  }
  return nullptr;
}

std::string no_command(const std::string& word) {
  std::vector<std::string_view> all;
  all.reserve(commands.size());
  for (const auto& each : commands) all.push_back(each.word);
  return "'" + word + "' is no command" + conf::suggestion(word, all, "the commands are");
}

std::string no_option(command of, const std::string& option, const std::string& word) {
  std::vector<std::string_view> all;
  for (const auto& each : options) {
    // One letter is near to any other.
    if (belongs(each, of) && each.word.starts_with("--")) all.push_back(each.word);
  }
  const auto near = conf::nearest(option, all);
  return "'" + option + "' is not an option of 'skein " + word + "'; " +
         (near ? "did you mean '" + std::string(*near) + "'?" : "see 'skein " + word + " --help'");
}

using parsed = std::expected<arguments, std::string>;

// A word that is no option.
std::optional<std::string> take(const std::string& typed, arguments& out) {
  if (out.what == command::explain && out.statement.empty()) {
    out.statement = typed;
  } else if ((out.what == command::rejoin || out.what == command::drain) && out.member.empty()) {
    out.member = typed;
  } else if (out.file_given) {
    return "one file at a time: '" + out.file + "' and '" + typed + "'";
  } else {
    out.file = typed;
    out.file_given = true;
  }
  return std::nullopt;
}

parsed parse_options(arguments out, const std::vector<std::string>& words) {
  const std::string& word = words[0];
  bool options_over = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& typed = words[i];
    if (options_over || !typed.starts_with('-')) {
      if (auto wrong = take(typed, out)) return std::unexpected(std::move(*wrong));
      continue;
    }
    if (typed == "--") {
      options_over = true;
      continue;
    }
    const std::size_t equals = typed.find('=');
    const std::string option = typed.substr(0, equals);
    const known_option* known = find_option(out.what, option);
    if (!known) return std::unexpected(no_option(out.what, option, word));
    if (!known->value) {
      if (equals != typed.npos) return std::unexpected("'" + option + "' takes no value");
      if (!known->flag) return arguments{command::help, word};
      out.*known->flag = true;
      continue;
    }
    std::string value;
    if (equals != typed.npos) {
      value = typed.substr(equals + 1);
    } else if (i + 1 < words.size() && !words[i + 1].starts_with('-')) {
      value = words[++i];
    }
    if (value.empty()) return std::unexpected("'" + option + "' wants a value behind it");
    out.*known->value = std::move(value);
  }
  if (out.what == command::explain && out.statement.empty())
    return std::unexpected("'skein explain' wants a statement, in quotes");
  if (out.what == command::rejoin && out.member.empty())
    return std::unexpected("'skein rejoin' wants the name of a member");
  if (out.what == command::drain && out.member.empty())
    return std::unexpected("'skein drain' wants the name of a member");
  return out;
}

}  // namespace

parsed parse(const std::vector<std::string>& words) {
  if (words.empty()) return arguments{};
  const std::string& word = words[0];
  if (word == "--version" || word == "-V" || word == "version") {
    return arguments{command::version};
  }
  if (word == "--help" || word == "-h" || word == "help") {
    if (words.size() == 1) return arguments{};
    if (!is_command(words[1])) return std::unexpected(no_command(words[1]));
    return arguments{command::help, words[1]};
  }
  for (const auto& each : commands) {
    if (each.word == word) return parse_options(arguments{each.what}, words);
  }
  return std::unexpected(no_command(word));
}

}  // namespace skein::cli
