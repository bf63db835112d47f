#include "backends/mysql/binlog_tool.hpp"

#include <unistd.h>

#include <cstdlib>

#include "backends/mysql/wire_session.hpp"
#include "backends/program.hpp"

namespace skein::mysql {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::minutes patience{60};
constexpr std::chrono::seconds patience_with_help{20};

using option = std::pair<std::string, std::string>;

void add_tls(const log_source& from, std::vector<option>& out) {
  const tls_settings& tls = from.tls;
  const bool checks = tls.mode >= tls_mode::verify_ca;
  if (from.of == flavour::mysql) {
    constexpr const char* modes[] = {"DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA",
                                     "VERIFY_IDENTITY"};
    out.emplace_back("ssl-mode", modes[static_cast<std::size_t>(tls.mode)]);
    // Its password goes under the server's own key where nothing else hides it.
    if (tls.mode < tls_mode::require) out.emplace_back("get-server-public-key", "");
  } else if (tls.mode == tls_mode::disable) {
    out.emplace_back("skip-ssl", "");
  } else {
    if (tls.mode >= tls_mode::require) out.emplace_back("ssl", "");
    const bool names = tls.mode == tls_mode::verify_full;
    out.emplace_back("ssl-verify-server-cert", names ? "1" : "0");
  }
  if (checks && !tls.ca_file.empty()) out.emplace_back("ssl-ca", tls.ca_file);
  if (tls.mode == tls_mode::disable || tls.certificate_file.empty()) return;
  out.emplace_back("ssl-cert", tls.certificate_file);
  out.emplace_back("ssl-key", tls.key_file);
}

// How to come there, without the password.
std::vector<option> options_of(const log_source& from) {
  std::vector<option> out;
  const member_address& at = from.address;
  if (at.host.starts_with('/')) {
    out.emplace_back("socket", socket_path_of(at));
  } else {
    out.emplace_back("protocol", "TCP");
    out.emplace_back("host", at.host);
    out.emplace_back("port", std::to_string(at.port));
  }
  out.emplace_back("user", from.who.user);
  if (!at.host.starts_with('/')) add_tls(from, out);
  return out;
}

std::vector<std::string> words_of(flavour of, const log_range& what) {
  std::vector<std::string> out = {"--read-from-remote-server", "-vv",
                                  "--base64-output=DECODE-ROWS"};
  if (of == flavour::mysql) {
    out.push_back("--include-gtids=" + what.wanted.set.text());
    out.insert(out.end(), what.files.begin(), what.files.end());
    return out;
  }
  // Where the last that both have is the last of its domain, nothing comes behind it, which is an
  // error in strict mode.
  out.emplace_back("--skip-gtid-strict-mode");
  out.emplace_back("--to-last-log");
  if (!what.wanted.after.empty()) out.push_back("--start-position=" + what.wanted.after);
  if (!what.files.empty()) out.push_back(what.files.front());
  return out;
}

// As an options file has it.
std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  for (const char each : value) {
    if (each == '\n') {
      out += "\\n";
      continue;
    }
    if (each == '"' || each == '\\') out += '\\';
    out += each;
  }
  return out + "\"";
}

// As a shell has it.
std::string shell_word(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.,:/@%+";
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return word;
  std::string out = "'";
  for (const char each : word) out += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return out + "'";
}

const char* own_name(flavour of) {
  return of == flavour::mysql ? "mysqlbinlog" : "mariadb-binlog";
}

// Only we may read it, and it is gone when we are done with it.
class secret_file {
 public:
  explicit secret_file(const std::string& text) {
    std::error_code failed;
    const fs::path folder = fs::temp_directory_path(failed);
    path_ = ((failed ? fs::path("/tmp") : folder) / "skein-options-XXXXXX").string();
    const int file = mkstemp(path_.data());  // 0600
    if (file < 0) return;
    written_ = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    close(file);
  }
  ~secret_file() { unlink(path_.c_str()); }
  secret_file(const secret_file&) = delete;

  bool written() const { return written_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = {};
  bool written_ = false;
};

}  // namespace

std::optional<flavour> flavour_of_tool(std::string_view help) {
  if (help.contains("--include-gtids")) return flavour::mysql;
  if (help.contains("--gtid-strict-mode")) return flavour::mariadb;  // from 10.8 on
  return std::nullopt;
}

std::string options_file(const log_source& from) {
  std::string out = "[client]\n";
  const auto add = [&](const std::string& name, const std::string& value) {
    out += name + (value.empty() ? "" : "=" + in_quotes(value)) + "\n";
  };
  for (const auto& [name, value] : options_of(from)) {
    // An older tool does not know it, nor need it.
    add((name == "get-server-public-key" ? "loose-" : "") + name, value);
  }
  if (!from.who.password.empty()) add("password", from.who.password);
  return out;
}

std::string command_for_person(const log_source& from, const log_range& what) {
  std::string out = own_name(from.of);
  for (const auto& [name, value] : options_of(from))
    out += " " + shell_word("--" + name + (value.empty() ? "" : "=" + value));
  out += " --password";
  for (const std::string& each : words_of(from.of, what)) out += " " + shell_word(each);
  return out;
}

result<binlog_tool> binlog_tool::find(flavour of, const fs::path& programs) {
  std::vector<std::string> names = {own_name(of)};
  if (of == flavour::mariadb) names.emplace_back("mysqlbinlog");
  if (!programs.empty())
    for (std::size_t i = 0, count = names.size(); i < count; ++i)
      names.push_back((programs / names[i]).string());
  std::string other;
  for (const std::string& name : names) {
    std::string help;
    const auto end = run_program({.words = {name, "--no-defaults", "--help"},
                                  .patience = patience_with_help,
                                  .hears = [&](std::string_view said) { help += said; }});
    if (!end.well()) continue;
    if (flavour_of_tool(help) == of) return binlog_tool(name);
    other = name;
  }
  const bool ours = of == flavour::mysql;
  std::string text = std::string("there is no ") + own_name(of) +
                     (ours ? " of MySQL" : " of MariaDB 10.8 or later") + " on this machine";
  if (!other.empty())
    text += std::string(" (") + other + " is " +
            (ours ? "MariaDB's, which cannot choose by MySQL's GTIDs" : "another") + ")";
  return failure(error_kind::unsupported, fault::us, std::move(text));
}

result<void> binlog_tool::print(const log_source& from, const log_range& what,
                                const fs::path& into) const {
  const secret_file options(options_file(from));
  if (!options.written())
    return failure(error_kind::internal, fault::us, "cannot write " + options.path());
  program how{
      .words = {program_, "--defaults-file=" + options.path(), "--result-file=" + into.string()},
      // What a person has put there for himself comes before any options file.
      .environment = {"MYSQL_TEST_LOGIN_FILE=/dev/null"},
      .patience = patience};
  const auto words = words_of(from.of, what);
  how.words.insert(how.words.end(), words.begin(), words.end());
  const auto end = run_program(how);
  if (end.well()) return {};
  return failure(error_kind::unavailable, fault::server, program_ + " " + in_words(end, patience));
}

}  // namespace skein::mysql
