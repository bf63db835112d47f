// What we ask a server ourselves: ahead of the client's command what makes the server the
// session's, behind it what nobody has told us of the session.
#include <algorithm>
#include <charconv>
#include <utility>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/look.hpp"
#include "backends/mysql/transaction_conversation.hpp"

namespace skein::mysql {

namespace {

// MySQL has a variable that is another after each statement, and would be told each time.
constexpr std::string_view track_all_of_mysql =
    "set session completion_type=0,session_track_system_variables=coalesce((select "
    "replace(replace(replace("
    "json_arrayagg(variable_name),'\"',''),'[',''),']','') from "
    "performance_schema.session_variables where variable_name<>'statement_id'),'*'),"
    "session_track_state_change=1,session_track_schema=1,session_track_gtids=own_gtid";
constexpr std::string_view track_all_of_mariadb =
    "set session completion_type=0,session_track_system_variables='*',"
    "session_track_state_change=1,session_track_schema=1";
constexpr std::string_view modes_of_mysql =
    "select @@session.sql_mode,@@session.transaction_isolation";
constexpr std::string_view modes_of_mariadb = "select @@session.sql_mode,@@session.tx_isolation";

constexpr std::size_t warnings_bytes_max = 16UZ * 1024;
constexpr std::size_t heard_bytes_max = 64UZ * 1024;
// Of a user variable, that goes from server to server.
constexpr std::size_t variable_bytes_max = 8UZ * 1024;
constexpr std::size_t variables_max = 64;

constexpr std::string_view last_insert_id_column = "last_insert_id()";
constexpr std::string_view collation_column = "@@session.collation_connection";

}  // namespace

void transaction_conversation::run(errand_kind what, command by, std::string body) {
  errand one;
  one.what = what;
  one.by = by;
  one.body = std::move(body);
  errands_.push_back(std::move(one));
}

std::uint8_t transaction_conversation::collation_there() const {
  return collation_of(collation_, server_->which);
}

void transaction_conversation::bring_settings(const session_state& from, const session_state& to) {
  std::string statement =
      mysql::replay(from, to, {.collation = collation_there(), .agreed = server_->agreed});
  if (statement.empty()) return;
  run(errand_kind::settings, command::query, std::move(statement));
  errands_.back().settings = to;
}

// Sees to it that the borrowed server is where the session is, and has the statement prepared that
// is needed. True: the client must wait.
bool transaction_conversation::bring_first(const statement_ref* needed, action_list& actions) {
  if (!server_->closing.empty()) {
    std::string closed;
    for (const std::uint32_t id : std::exchange(server_->closing, {}))
      message_writer(closed)
          .begin(0)
          .u8(static_cast<std::uint8_t>(command::stmt_close))
          .u32(id)
          .end();
    actions.to_server(closed);
  }
  const bool needs_insert_id = now_.left->asks_insert_id || now_.left->hides_insert_id;
  if (needs_insert_id && insert_id_unsure_) {
    run(errand_kind::look, command::query, "select " + question());
    held_ = true;
    begin_errand(actions);
    return true;
  }
  const bool mariadb = server_->which == flavour::mariadb;
  if (!server_->set_up) {
    std::string text(mariadb ? track_all_of_mariadb : track_all_of_mysql);
    if (server_->has_been_reset) {
      text += "," + collation_settings(collation_there());
      const std::string flagged = flag_settings(server_->agreed);
      if (!flagged.empty()) text += "," + flagged;
    }
    run(errand_kind::set_up, command::query, std::move(text));
    run(errand_kind::modes, command::query,
        std::string(mariadb ? modes_of_mariadb : modes_of_mysql));
  }
  if (several_ != server_->several)
    run(errand_kind::several, command::set_option, std::string(several_ ? "\0\0" : "\1\0", 2));
  const bool missing = needed && !server_->prepared.use((*needed)->number);
  const session_state* there = &server_->settings;
  std::string_view database = server_->database;
  const auto choose = [&](const std::string& wanted) {
    if (wanted.empty() || wanted == database) return;
    run(errand_kind::database, command::init_db, wanted);
    database = wanted;
  };
  // It is read now as it was read when the client prepared it.
  session_state reading;
  if (missing) {
    const statement& entry = **needed;
    const bool alike = entry.read_with == settings_.reading() && entry.database == database_;
    reading = alike ? settings_ : entry.read_with;
    choose(alike ? database_ : entry.database);
    bring_settings(*there, reading);
    there = &reading;
    run(errand_kind::prepare, command::stmt_prepare, entry.text);
    errands_.back().entry = *needed;
  }
  choose(database_);
  bring_settings(*there, settings_);
  const leavings& left = *now_.left;
  if (needs_insert_id && server_->insert_id != insert_id_)
    run(errand_kind::insert_id, command::query,
        "set session last_insert_id=" + std::to_string(insert_id_));
  // What stands there is another session's.
  if (fresh_ && (left.asks_warnings || left.asks_counts) && errands_.empty())
    run(errand_kind::clear, command::query, "do 0");
  if (wants_token()) write_token();
  if (errands_.empty()) return false;
  held_ = true;
  begin_errand(actions);
  return true;
}

void transaction_conversation::begin_errand(action_list& actions) {
  const errand& next = errands_.front();
  std::string packet;
  message_writer(packet).begin(0).u8(static_cast<std::uint8_t>(next.by)).raw(next.body).end();
  actions.to_server(packet);
  whose_ = asker::us;
  heard_.clear();
  answer_.begin(next.by, server_->shape);
}

void transaction_conversation::hear_errand(const answer::step& now, byte_view packet) {
  const errand& mine = errands_.front();
  const bool looks = mine.what == errand_kind::modes || mine.what == errand_kind::look ||
                     mine.what == errand_kind::warnings;
  if (looks && heard_.size() + packet.size() <= heard_bytes_max) heard_ += as_text(packet);
  ok_packet told;
  switch (now.what) {
    case answer::kind::ok:
      note_ok(now.body);
      if (note_changes(now.body, told) && mine.what == errand_kind::status) heed(told);
      break;
    case answer::kind::error:
      failure_ = as_text(now.body);
      break;
    case answer::kind::prepared:
      note_prepared(mine.entry, now.body);
      break;
    default:
      break;
  }
}

void transaction_conversation::end_errand(action_list& actions) {
  whose_ = asker::nobody;
  const errand done = std::move(errands_.front());
  errands_.erase(errands_.begin());
  const bool ahead = done.what <= errand_kind::clear;
  if (done.what == errand_kind::token && !failure_.empty()) doubt_token();
  if (failure_.empty()) {
    carried_out(done);
    if (done.what == errand_kind::still_open) go_on_without_token(actions);
    if (ahead) fresh_ = false;
  } else if (ahead) {
    errands_.clear();
  } else {
    give_up(done);
  }
  if (done.what == errand_kind::reset) return broken_ ? actions.finish() : give_back(actions);
  if (leaving_) return clean_up(actions);
  if (!errands_.empty()) return begin_errand(actions);
  held_ = false;
  if (asks_errand_elsewhere(actions)) return;
  // The client's command comes next, or hears of the failure.
  if (!ahead || !welcomed_) settle(actions);
}

// What a follower cannot be brought to, another may be.
bool transaction_conversation::asks_errand_elsewhere(action_list& actions) {
  if (failure_.empty() || !untold_ || !is_of_follower(as_bytes(failure_))) return false;
  failure_.clear();
  repeats_ = true;
  now_ = {};
  give_back(actions);
  return true;
}

// Behind the client's command nobody hears of it: what could not be looked at stays where it is.
void transaction_conversation::give_up(const errand& what) {
  failure_.clear();
  if (what.what == errand_kind::look) {
    insert_id_unsure_ = collation_unsure_ = false;
    variables_.clear();
    unread_ = true;
  } else if (what.what == errand_kind::warnings) {
    has_warnings_ = false;
  } else if (what.what == errand_kind::reset || what.what == errand_kind::end_block) {
    broken_ = true;
  } else {
    status_unsure_ = changes_unheard_ = false;
  }
}

void transaction_conversation::carried_out(const errand& done) {
  switch (done.what) {
    case errand_kind::set_up:
      server_->set_up = true;
      server_->has_been_reset = false;
      // What it has told of itself is nobody's.
      server_->settings = {};
      break;
    case errand_kind::modes:
      take_modes();
      break;
    case errand_kind::settings:
      server_->settings = done.settings;
      break;
    case errand_kind::database:
      server_->database = done.body;
      break;
    case errand_kind::insert_id:
      server_->insert_id = insert_id_;
      break;
    case errand_kind::warnings:
      has_warnings_ = false;
      if (heard_.size() <= warnings_bytes_max) warnings_ = heard_;
      break;
    case errand_kind::look:
      take_look();
      break;
    case errand_kind::status:
      changes_unheard_ = false;
      if (state_changed_) unread_ = true;
      break;
    case errand_kind::several:
      server_->several = several_;
      break;
    case errand_kind::reset:
      server_->forget_session();
      break;
    case errand_kind::token:
      note_token();
      break;
    case errand_kind::still_open:
    case errand_kind::prepare:
    case errand_kind::clear:
    case errand_kind::end_block:
      break;
  }
}

void transaction_conversation::take_modes() {
  const auto told = read_single_row(as_bytes(heard_), server_->shape);
  if (!told || told->values.size() != 2) return;
  server_->mode = sql_mode_of(told->values[0].value_or(""));
  server_->isolation = told->values[1].value_or("");
  first_mode_ = server_->mode;
  first_isolation_ = server_->isolation;
}

// The columns of a look, in the order in which they are read back.
std::string transaction_conversation::question() const {
  std::string columns;
  const auto add = [&](std::string_view column) {
    if (!columns.empty()) columns += ',';
    columns += column;
  };
  if (insert_id_unsure_) add(last_insert_id_column);
  if (collation_unsure_) add(collation_column);
  for (const std::string& each : variables_) add(variable_columns(each));
  return columns;
}

void transaction_conversation::take_look() {
  const auto told = read_single_row(as_bytes(heard_), server_->shape);
  if (!told) return give_up({.what = errand_kind::look});
  std::size_t at = 0;
  const auto next = [&] {
    return at < told->values.size() ? told->values[at++] : std::optional<std::string_view>();
  };
  const auto set = [&](const std::string& name, const std::optional<std::string>& value) {
    settings_ = settings_.with(name, value);
    server_->settings = server_->settings.with(name, value);
  };
  if (std::exchange(insert_id_unsure_, false)) {
    const std::string_view text = next().value_or("0");
    std::uint64_t id = 0;
    std::from_chars(text.data(), text.data() + text.size(), id);
    // What stood there before is another session's, unless it has come again.
    if (id != server_->insert_id || std::exchange(id_told_again_, false)) insert_id_ = id;
    server_->insert_id = id;
  }
  if (std::exchange(collation_unsure_, false))
    set("collation_connection", std::string(next().value_or("")));
  for (const std::string& each : std::exchange(variables_, {})) {
    shown_variable shown;
    if (at < told->types.size()) shown.type = told->types[at];
    shown.value = next();
    shown.in_hex = next().value_or("");
    shown.charset = next().value_or("");
    shown.collation = next().value_or("");
    const std::string value = expression_of(shown);
    const std::string name = quoted_variable(each);
    if (value.empty() || value.size() > variable_bytes_max) {
      unread_ = true;
    } else {
      set(name, value == "null" ? std::nullopt : std::optional(value));
    }
  }
}

// What is to be known before the server goes to others. True: it is being asked.
bool transaction_conversation::look_back(action_list& actions) {
  if (changes_unheard_) run(errand_kind::status, command::ping, {});
  if (has_warnings_) run(errand_kind::warnings, command::query, "show warnings");
  if (variables_.size() > variables_max) {
    variables_.clear();
    unread_ = true;
  }
  if (auto columns = question(); !columns.empty())
    run(errand_kind::look, command::query, "select " + columns);
  if (errands_.empty()) return false;
  begin_errand(actions);
  return true;
}

}  // namespace skein::mysql
