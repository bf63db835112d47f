#include "backends/postgres/replay.hpp"

#include <algorithm>
#include <array>

#include "backends/postgres/message.hpp"

namespace skein::postgres {

namespace {

constexpr std::array<std::string_view, 3> of_transaction_start{"default_transaction_deferrable",
                                                               "default_transaction_isolation",
                                                               "default_transaction_read_only"};

// The settings go first: a timeout or a role that was left must not hinder the rest.
constexpr std::array clean_up{own_statement::calm,
                              own_statement::reset_settings,
                              own_statement::reset_session_role,
                              own_statement::reset_role,
                              own_statement::close_cursors,
                              own_statement::unlisten,
                              own_statement::drop_temporary,
                              own_statement::forget_sequences,
                              own_statement::unlock};

}  // namespace

bool must_stand_alone(const std::vector<setting_change>& changes) {
  return std::ranges::any_of(changes, [](const auto& change) {
    return std::ranges::find(of_transaction_start, change.name) != of_transaction_start.end();
  });
}

std::vector<reply_kind> append_replay(std::string& out, const std::vector<setting_change>& changes,
                                      own_statements& there) {
  std::vector<reply_kind> replies;
  if (must_stand_alone(changes)) there.append(out, replies, own_statement::calm);
  for (const auto& change : changes) {
    const std::array<std::optional<std::string_view>, 2> values{change.name, change.value};
    there.append(out, replies, own_statement::set, values);
  }
  return replies;
}

std::vector<reply_kind> append_clean(std::string& out,
                                     const std::vector<std::string>& prepared_in_sql,
                                     own_statements& there) {
  std::vector<reply_kind> replies;
  for (const auto which : clean_up) there.append(out, replies, which);
  for (const auto& name : prepared_in_sql) {
    message_writer(out).begin(from_frontend::close).byte('S').text(name).end();
    replies.push_back(reply_kind::close);
  }
  return replies;
}

}  // namespace skein::postgres
