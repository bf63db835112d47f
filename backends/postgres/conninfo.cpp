#include "backends/postgres/conninfo.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <map>
#include <memory>

namespace skein::postgres {

namespace {

using settings = std::map<std::string, std::string>;

// Only what the text says itself.
std::optional<settings> parse(const std::string& text) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(text.c_str(), nullptr), &PQconninfoFree);
  if (!parsed) return std::nullopt;
  settings out;
  for (const PQconninfoOption* each = parsed.get(); each->keyword; ++each)
    if (each->val) out.emplace(each->keyword, each->val);
  return out;
}

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

}  // namespace

std::optional<followed> read_conninfo(const std::string& text) {
  const auto said = parse(text);
  if (!said) return std::nullopt;
  const auto value = [&](const char* name) {
    const auto found = said->find(name);
    return found == said->end() ? std::string() : found->second;
  };
  const std::string host = value("host").empty() ? value("hostaddr") : value("host");
  followed out;
  out.nowhere = host == nowhere;
  out.name = value("application_name");
  if (host.empty() || out.nowhere) return out;
  member_address source{.host = host, .port = 5432};
  const std::string port = value("port");
  std::from_chars(port.data(), port.data() + port.size(), source.port);
  out.source = std::move(source);
  return out;
}

std::string point_conninfo(const std::string& text, const member_address& at,
                           const credentials& replicator, const std::string& name) {
  settings said = parse(text).value_or(settings());
  said.erase("hostaddr");
  said.erase("service");
  said["host"] = at.host;
  if (at.host != nowhere) said["port"] = std::to_string(at.port);
  if (!name.empty()) said["application_name"] = name;
  if (!replicator.user.empty()) {
    said["user"] = replicator.user;
    said["password"] = replicator.password;
  }
  return write_conninfo(said);
}

std::string write_conninfo(const std::map<std::string, std::string>& said) {
  std::string out;
  for (const auto& [key, value] : said) out += (out.empty() ? "" : " ") + key + "=" + quoted(value);
  return out;
}

split_conninfo split_password(const std::string& text,
                              const std::map<std::string, std::string>& more) {
  settings said = parse(text).value_or(settings());
  split_conninfo out{.password = said["password"]};
  said.erase("password");
  for (const auto& [name, value] : more) said[name] = value;
  out.text = write_conninfo(said);
  return out;
}

bool names_user(const std::string& text) {
  const auto said = parse(text);
  return said && said->contains("user");
}

}  // namespace skein::postgres
