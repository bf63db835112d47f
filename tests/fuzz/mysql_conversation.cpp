// A client in transaction pooling over two servers of MySQL's wire, where either side may say what
// it likes: commands and answers of sense, cut short, or any bytes, in whatever pieces. Whatever
// they say, no action takes more than there is, nothing goes to a server that is not lent, and a
// server goes back in the middle of nothing.
#include "backends/mysql/greeting.hpp"
#include "backends/mysql/transaction_conversation.hpp"

#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

constexpr capability_set agreed =
    capability::deprecate_eof | capability::session_track | capability::multi_statements;

server_greeting greeting() {
  return {.parameters = {{"capabilities", std::to_string(agreed)}, {"database", "shop"}},
          .key = {}};
}

login_request request(fuzz::input& in) {
  login_request made{"app", in.choose() % 8 == 0 ? "" : "shop", {}};
  write_traits({.shaped = in.choose() % 2 == 0 ? agreed : capability_set{0},
                .collation = default_collation,
                .attributes = {}},
               made);
  return made;
}

std::string packet(std::uint8_t number, std::string_view body) {
  std::string out;
  message_writer(out).begin(number).raw(body).end();
  return out;
}

std::string command_of(fuzz::input& in) {
  static constexpr std::string_view texts[] = {"select 1",
                                               "set @a = 1",
                                               "begin",
                                               "commit",
                                               "use store",
                                               "show warnings",
                                               "insert into t values (1)",
                                               "select last_insert_id()",
                                               "create temporary table x (i int)",
                                               "set sql_mode = 'ANSI_QUOTES'",
                                               "kill 7",
                                               "select 1; select 2",
                                               "select f()",
                                               "'"};
  static constexpr command commands[] = {command::query,        command::stmt_prepare,
                                         command::stmt_execute, command::stmt_close,
                                         command::stmt_reset,   command::stmt_send_long_data,
                                         command::stmt_fetch,   command::init_db,
                                         command::ping,         command::reset_connection,
                                         command::set_option,   command::stmt_bulk_execute,
                                         command::field_list,   command::quit,
                                         command::change_user};
  const command what = commands[in.choose() % std::size(commands)];
  std::string body(1, static_cast<char>(what));
  if (has_text(what) || what == command::init_db) {
    body += texts[in.choose() % std::size(texts)];
  } else {
    for (std::size_t count = in.choose() % 24; count > 0; --count)
      body += static_cast<char>(in.choose() % 4);
  }
  return packet(0, body);
}

std::string answer_of(fuzz::input& in) {
  const auto choice = in.choose();
  const auto flags = static_cast<std::uint16_t>(choice % 4 | (choice & 0x40) | (choice & 0x80));
  ok_packet told{.last_insert_id = std::uint64_t{choice} % 3,
                 .status = flags,
                 .warnings = static_cast<std::uint16_t>(choice % 2)};
  if (choice % 5 == 0) told.changes.push_back({session_track::system_variable, "sql_mode", "ANSI"});
  if (choice % 7 == 0) told.changes.push_back({session_track::schema, "", "store"});
  if (choice % 11 == 0) told.changes.push_back({session_track::state_change, "", "1"});
  switch (in.choose() % 6) {
    case 0:
      return written(1, error_packet{static_cast<std::uint16_t>(1000 + choice), "HY000", "no"});
    case 1:
      return packet(1, "\1") + packet(2, "\3def" + std::string(20, 'd')) + packet(3, "\1a") +
             written(4, told, agreed, reply::eof);
    case 2:
      return packet(1, std::string("\0\7\0\0\0\1\0\1\0\0\0\0", 12)) +
             packet(2, "\3def" + std::string(20, 'd')) + packet(3, "\3def" + std::string(20, 'd'));
    case 3:
      return packet(1, "\xfb/tmp/a");
    default:
      return written(1, told, agreed);
  }
}

class scene {
 public:
  explicit scene(fuzz::input& in)
      : in_(in),
        talk_(in.choose() % 4 == 0 ? pool_mode::statement : pool_mode::transaction, request(in),
              shared_) {
    servers_[1].of_follower = true;
    shared_.route(in.choose() % 2 == 0);
    lend();
    step([&] { talk_.settle_in(actions_); }, nothing_, true);
  }
  void play() {
    for (int turns = 0; turns < 200 && !finished_; ++turns) {
      const auto choice = in_.choose();
      if (choice % 32 == 1) client_ += command_of(in_).substr(0, in_.choose());
      if (choice % 32 == 2) server_ += answer_of(in_).substr(0, in_.choose());
      if (choice % 64 == 3) return leave();
      if (choice % 64 == 4) return lose();
      if (choice % 4 == 0) client_ += command_of(in_);
      if (choice % 4 == 2 && lent_) server_ += answer_of(in_);
      hear(client_, true);
      if (signs_in_) return leave();
      if (!finished_ && lent_) hear(server_, false);
    }
  }

 private:
  void lend() {
    lent_ = &servers_[in_.choose() % 2];
    talk_.lend(*lent_);
  }
  void hear(std::string& held, bool client) {
    for (int again = 0; again < 50 && !finished_ && !signs_in_; ++again) {
      if (client && talk_.on_hold()) return;
      if (!client && !lent_) return;
      const std::string part = held.substr(0, std::max<std::size_t>(in_.choose(), 1));
      const bool borrowed = step(
          [&] {
            const auto view = as_bytes(part);
            client ? talk_.from_client(view, actions_) : talk_.from_server(view, actions_);
          },
          held, client);
      if (!borrowed) return;
    }
  }
  // True: a server was asked for, and the rest is to be heard again.
  template <typename Call>
  bool step(Call call, std::string& held, bool client) {
    actions_.clear();
    call();
    std::size_t taken = 0;
    bool borrows = false;
    std::string again;
    std::size_t said = 0;
    for (const action& each : actions_.all()) {
      switch (each.kind) {
        case action_kind::forward:
          fuzz::must(!client || lent_, "nothing is sent to a server that is not lent");
          [[fallthrough]];
        case action_kind::hide:
          taken += each.bytes;
          break;
        case action_kind::to_server:
          fuzz::must(lent_, "nothing is sent to a server that is not lent");
          said += each.bytes;
          break;
        case action_kind::to_client:
        case action_kind::token_refused:
          said += each.bytes;
          break;
        case action_kind::again:
          again = actions_.text().substr(said, each.bytes);
          said += each.bytes;
          break;
        case action_kind::borrow:
          fuzz::must(!lent_ && !borrows, "nobody borrows twice");
          borrows = true;
          break;
        case action_kind::give_back:
          fuzz::must(lent_, "what is given back was lent");
          lent_ = nullptr;
          break;
        case action_kind::finish:
          finished_ = true;
          break;
        case action_kind::sign_in_again:
          fuzz::must(client && !talk_.busy(), "nothing is owed to who signs in again");
          signs_in_ = true;
          break;
        case action_kind::cancel:
        case action_kind::end_session:
          killing_ = true;
          break;
        default:
          fuzz::must(false, "nobody listens");
      }
    }
    fuzz::must(taken <= held.size(), "no action takes more than there is");
    held.erase(0, std::min(taken, held.size()));
    if (!lent_) server_.clear();
    client_.insert(0, again);
    if (std::exchange(killing_, false)) {
      actions_.clear();
      talk_.cancelled({}, actions_);
    }
    if (!borrows || finished_ || signs_in_) return false;
    if (in_.choose() % 16 == 0) {
      talk_.refuse_next({error_kind::unavailable, fault::server, {}, "none", {}});
    } else {
      lend();
    }
    return true;
  }
  void leave() {
    if (lent_) step([&] { talk_.leave(actions_); }, nothing_, true);
  }
  void lose() {
    if (!lent_) return;
    actions_.clear();
    if (!talk_.ask_again(actions_)) talk_.break_off({error_kind::lost, fault::server, {}, "x", {}});
  }

  fuzz::input& in_;
  mysql::core_memory shared_{};
  mysql::server_memory servers_[2] = {mysql::server_memory(greeting(), 3),
                                      mysql::server_memory(greeting(), 3)};
  transaction_conversation talk_;
  mysql::server_memory* lent_ = nullptr;
  action_list actions_ = {};
  std::string client_ = {};
  std::string server_ = {};
  std::string nothing_ = {};
  bool killing_ = false;
  bool signs_in_ = false;
  bool finished_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  scene(in).play();
  return 0;
}
