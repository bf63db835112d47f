#include "backends/postgres/server_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

#include "backends/program.hpp"

namespace skein::postgres {

namespace fs = std::filesystem;

namespace {

std::unexpected<error> refuse(std::string text) {
  return failure(error_kind::unsupported, fault::us, std::move(text));
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Where distributions put the programs of one version.
std::vector<fs::path> usual_places(unsigned version) {
  const std::string number = std::to_string(version);
  std::vector<fs::path> out = {"/usr/lib/postgresql/" + number + "/bin",
                               "/usr/pgsql-" + number + "/bin", "/usr/local/pgsql/bin"};
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "";
  while (!rest.empty()) {
    const auto end = rest.find(':');
    out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return out;
}

bool is_of_version(const fs::path& programs, unsigned version) {
  if (access((programs / "pg_rewind").c_str(), X_OK) != 0) return false;
  const auto said = run_program({.words = {(programs / "pg_rewind").string(), "--version"},
                                 .patience = std::chrono::seconds(10)});
  return said.well() && said.output.contains(") " + std::to_string(version));
}

bool is_of_line(std::string_view line, std::string_view name) {
  while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
  if (!line.starts_with(name)) return false;
  line.remove_prefix(name.size());
  return line.starts_with(' ') || line.starts_with('=') || line.starts_with('\t');
}

std::string as_value(std::string_view value) {
  std::string out = "'";
  for (const char each : value) {
    if (each == '\'' || each == '\\') out += each;
    out += each;
  }
  return out + "'";
}

}  // namespace

std::vector<std::string> words_of_options(std::string_view line) {
  std::vector<std::string> out;
  std::string word;
  bool inside = false;
  bool any = false;
  for (const char each : line) {
    if (each == '"') {
      inside = !inside;
      any = true;
    } else if (!inside && (each == ' ' || each == '\n')) {
      if (any) out.push_back(std::exchange(word, {}));
      any = false;
    } else {
      word += each;
      any = true;
    }
  }
  if (any) out.push_back(word);
  return out;
}

std::string change_settings(const std::string& text,
                            const std::map<std::string, std::string>& change) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    const auto changes = [&](const auto& each) { return is_of_line(line, each.first); };
    if (std::ranges::none_of(change, changes)) out.append(line).append("\n");
  }
  for (const auto& [name, value] : change)
    if (!value.empty()) out += name + " = " + as_value(value) + "\n";
  return out;
}

std::string setting_in(std::string_view text, std::string_view name) {
  std::string found;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    const auto opening = line.find('\'');
    if (!is_of_line(line, name) || opening == line.npos) continue;
    found.clear();
    for (std::size_t i = opening + 1; i < line.size(); ++i) {
      const bool doubled = i + 1 < line.size() && line[i + 1] == line[i];
      if (line[i] == '\'' && !doubled) break;
      if ((line[i] == '\'' || line[i] == '\\') && doubled) ++i;
      found += line[i];
    }
  }
  return found;
}

result<server_files> server_files::find(const fs::path& data) {
  server_files out;
  std::error_code failed;
  out.data_ = fs::weakly_canonical(data, failed);
  if (failed) out.data_ = data;
  const std::string where = out.data_.string();
  const std::string version = text_of(out.data_ / "PG_VERSION");
  if (!fs::exists(out.data_ / "PG_VERSION", failed))
    return refuse(failed ? where + " cannot be looked into: " + failed.message()
                         : "there is no server's data in " + where);
  std::from_chars(version.data(), version.data() + version.size(), out.version_);
  if (out.version_ < 13) return refuse("the server of " + where + " is older than version 13");
  if (access(out.data_.c_str(), W_OK) != 0)
    return refuse(where + " cannot be written: run this as who owns it, or as root");
  const auto words = words_of_options(text_of(out.data_ / "postmaster.opts"));
  for (const std::string& each : words) {
    constexpr std::string_view file = "config_file=";
    const auto at = each.find(file);
    if (at != each.npos) out.settings_file_ = each.substr(at + file.size());
  }
  std::vector<fs::path> places = usual_places(out.version_);
  if (!words.empty()) places.insert(places.begin(), fs::path(words[0]).parent_path());
  for (const fs::path& each : places) {
    if (!is_of_version(each, out.version_)) continue;
    out.programs_ = each;
    return out;
  }
  return refuse("pg_rewind of version " + version.substr(0, version.find('\n')) +
                " is not found: put it into PATH");
}

result<std::string> server_files::run(const tool& what) const {
  program ran{.words = {(programs_ / what.name).string()},
              .environment = what.environment,
              .hears = what.hears};
  ran.environment.emplace_back("LC_ALL=C");
  ran.words.insert(ran.words.end(), what.arguments.begin(), what.arguments.end());
  auto end = run_program(ran);
  if (end.well()) return std::move(end.output);
  return failure(error_kind::internal, fault::server,
                 what.name + " " + in_words(end, std::chrono::milliseconds(0)), end.output);
}

result<control_data> server_files::control() const {
  const auto said = run({.name = "pg_controldata", .arguments = {"-D", data_.string()}});
  if (!said) return std::unexpected(said.error());
  const auto read = read_control_data(*said);
  if (!read) return refuse("what pg_controldata says of " + data_.string() + " cannot be read");
  return *read;
}

bool server_files::runs() const {
  return run({.name = "pg_ctl", .arguments = {"status", "-D", data_.string()}}).has_value();
}

std::string server_files::setting(const std::string& name) const {
  std::vector<std::string> words = {"-D", data_.string(), "-C", name};
  if (!settings_file_.empty()) words.insert(words.end(), {"-c", "config_file=" + settings_file_});
  auto said = run({.name = "postgres", .arguments = words});
  if (!said) return {};
  while (said->ends_with('\n')) said->pop_back();
  return *said;
}

result<void> server_files::recover() const {
  std::vector<std::string> words = {"--single", "-D", data_.string(), "-c", "archive_mode=off"};
  if (!settings_file_.empty()) words.insert(words.end(), {"-c", "config_file=" + settings_file_});
  words.emplace_back("template1");
  if (auto done = run({.name = "postgres", .arguments = words}); !done)
    return std::unexpected(done.error());
  return {};
}

}  // namespace skein::postgres
