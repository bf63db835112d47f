#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "backends/registry/registry.hpp"
#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "conf/load.hpp"

namespace skein::cli {

namespace {

int problem(const std::string& text) {
  std::fprintf(stderr, "skein: %s\n", text.c_str());
  return exit_problem;
}

// Where the admin port is: as the options say, else the file, else the default.
std::expected<admin_target, std::string> find_target(const arguments& how) {
  admin_target target;
  if (how.file_given || (how.admin.empty() && std::filesystem::exists(how.file))) {
    const auto read = conf::load_file(how.file, {.engines = backend_names()});
    if (!read) {
      return std::unexpected(conf::format(read.error().front(), how.file) +
                             " (or name the admin port with --admin)");
    }
    const conf::admin_settings& admin = read->settings.admin;
    target = {endpoint_of(admin.bind), admin.token.reveal(), !admin.tls.certificate.empty()};
    if (admin.bind.is_wildcard()) target.where.host = "127.0.0.1";
  }
  if (!how.admin.empty()) {
    std::string_view text = how.admin;
    target.tls = text.starts_with("https://");
    if (target.tls) text.remove_prefix(8);
    if (text.starts_with("http://")) text.remove_prefix(7);
    const auto where = net::parse_endpoint(text);
    if (!where) return std::unexpected("--admin " + how.admin + ": " + where.error());
    target.where = *where;
  }
  if (const char* token = std::getenv("SKEIN_ADMIN_TOKEN")) target.token = token;
  return target;
}

}  // namespace

int status(const arguments& how) {
  const auto target = find_target(how);
  if (!target) return problem(target.error());
  const auto said = ask_admin(*target, how.json ? "/status.json" : "/status");
  if (!said) return problem(said.error());
  if (said->status == 401) {
    return problem(
        "the admin port demands a token: name the settings file, or set SKEIN_ADMIN_TOKEN");
  }
  if (said->status != 200 && said->status != 503) {
    return problem("the admin port answered " + std::to_string(said->status) + ": " + said->body);
  }
  std::fputs(said->body.c_str(), stdout);
  return said->status == 200 ? exit_ok : exit_problem;
}

}  // namespace skein::cli
