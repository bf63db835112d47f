#include "backends/postgres/session_state.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "backends/postgres/message.hpp"

namespace skein::postgres {

namespace {

constexpr std::size_t settings_bytes = 704;  // of all that a server tells, as a rule

constexpr std::array<std::pair<std::string_view, std::string_view>, 2> former_names{
    {{"sort_mem", "work_mem"}, {"vacuum_mem", "maintenance_work_mem"}}};

constexpr std::array<std::string_view, 5> not_carried{
    "is_superuser", "seed", "transaction_deferrable", "transaction_isolation",
    "transaction_read_only"};

constexpr std::array<std::string_view, 11> read_by{
    "array_nulls",
    "backslash_quote",
    "client_encoding",
    "datestyle",
    "intervalstyle",
    "lc_monetary",
    "standard_conforming_strings",
    "timezone",
    "timezone_abbreviations",
    "transform_null_equals",
    "xmloption",
};

constexpr std::array<std::string_view, 2> timeouts{"statement_timeout", "transaction_timeout"};

constexpr std::string_view role = "role";
constexpr std::string_view session_role = "session_authorization";

bool is_in(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string setting_name(std::string_view written) {
  std::string name(written);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  for (const auto& [former, today] : former_names)
    if (name == former) return std::string(today);
  return name;
}

bool can_be_carried(std::string_view name) {
  return !name.empty() && !is_in(not_carried, name);
}

std::string status_messages(const settings_map& all) {
  std::string told;
  told.reserve(settings_bytes);
  message_writer message(told);
  for (const auto& [name, value] : all)
    message.begin(from_backend::parameter_status).text(name).text(value).end();
  return told;
}

session_state::session_state(settings_map settings) {
  if (settings.empty()) return;
  thread_local settings_table<session_contents> shared;
  contents_ = shared.keep(std::move(settings), [](session_contents& made) {
    settings_map read = made.all;
    std::erase_if(read, [](const auto& one) { return !is_in(read_by, one.first); });
    made.reads_by_all = read.size() == made.all.size();
    const auto isolation = made.all.find("default_transaction_isolation");
    made.serializable = isolation != made.all.end() && isolation->second == "serializable";
    if (!made.reads_by_all) made.reading = session_state(std::move(read));
  });
}

bool session_state::serializable() const {
  return contents_ && contents_->serializable;
}

session_state session_state::reading() const {
  if (!contents_ || contents_->reads_by_all) return *this;
  return contents_->reading;
}

std::vector<setting_change> diff(const session_state& on_server, const session_state& wanted,
                                 const std::vector<std::string>& unknown) {
  if (on_server == wanted && unknown.empty()) return {};
  std::set<std::string_view> changed(unknown.begin(), unknown.end());
  for (const auto& [name, value] : on_server.all()) {
    const std::string* const other = wanted.find(name);
    if (!other || *other != value) changed.insert(name);
  }
  for (const auto& [name, value] : wanted.all())
    if (!on_server.find(name)) changed.insert(name);

  const auto may_be_set = [&](std::string_view name) {
    return on_server.find(name) || is_in(unknown, name);
  };
  std::vector<setting_change> ordered;
  const auto set = [&](std::string_view name) {
    const std::string* const value = wanted.find(name);
    ordered.push_back({std::string(name), value ? std::optional(*value) : std::nullopt});
  };
  bool role_changes = changed.erase(role) != 0;
  bool session_role_changes = changed.erase(session_role) != 0;
  if (may_be_set(role) && (!wanted.find(role) || session_role_changes || !changed.empty())) {
    ordered.push_back({std::string(role), {}});
    if (wanted.find(role)) ordered.back().value = "none";
    role_changes = true;
  }
  if (may_be_set(session_role) && (!wanted.find(session_role) || !changed.empty())) {
    ordered.push_back({std::string(session_role), {}});
    session_role_changes = true;
  }
  for (const auto name : timeouts)
    if (changed.contains(name) && may_be_set(name)) set(name);
  for (const auto name : changed)
    if (!is_in(timeouts, name)) set(name);
  if (session_role_changes && wanted.find(session_role)) set(session_role);
  // Who changes the session's user loses the role.
  if ((role_changes || session_role_changes) && wanted.find(role)) set(role);
  for (const auto name : timeouts)
    if (changed.contains(name) && !may_be_set(name)) set(name);
  return ordered;
}

session_state after_look(const settings_map& found, const session_state& at_startup) {
  settings_map all = found;
  all.insert(at_startup.all().begin(), at_startup.all().end());
  return session_state(std::move(all));
}

}  // namespace skein::postgres
