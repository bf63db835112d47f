// A client in transaction pooling over two servers, compared with one that has a server of its own:
// it hears the same, in whatever pieces the bytes come; and what the servers hold is given back.
#include "backends/postgres/transaction_conversation.hpp"

#include "backends/postgres/errors.hpp"

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/model_server.hpp"

using namespace skein;
using postgres::message_writer;

namespace {

const server_greeting greeting{{{"server_version", "15.1"}}, {}};

struct pooled_server {
  postgres::server_memory memory{greeting, 3};  // so few that statements come and go
  fuzz::model_server model = {};
};

class pooled_client {
 public:
  explicit pooled_client(fuzz::input& in)
      : in_(in), talk_(pool_mode::transaction, {}, shared_), lent_(&servers_[0]) {
    talk_.lend(lent_->memory);
    actions_.clear();
    talk_.settle_in(actions_);
    carry_out(from_server_, false);
  }

  void say(std::string_view message) { from_client_ += message; }
  // Some of what is under way goes on, in pieces.
  void go_on() {
    hear(from_client_, in_.choose(), true);
    hear(from_server_, in_.choose(), false);
  }
  void finish() {
    for (int turns = 0; turns < 10000; ++turns) {
      hear(from_client_, from_client_.size(), true);
      if (from_server_.empty()) return;
      hear(from_server_, from_server_.size(), false);
    }
    fuzz::must(false, "an exchange comes to its end");
  }
  const std::string& heard() const { return heard_; }
  bool lent() const { return lent_; }
  bool all_said() const { return from_client_.empty(); }
  bool at_rest() const { return talk_.at_rest(); }

 private:
  void hear(std::string& held, std::size_t most, bool client) {
    if (client && talk_.on_hold()) return;
    if (!client && !lent_) return;
    seen_ = std::min(held.size(), most);
    const std::string part = held.substr(0, seen_);
    const auto view = std::as_bytes(std::span(part));
    for (bool again = true; again;) {
      actions_.clear();
      const auto rest = view.subspan(view.size() - seen_);
      client ? talk_.from_client(rest, actions_) : talk_.from_server(rest, actions_);
      again = carry_out(held, client);
    }
  }
  // True: a server was asked for, and the rest is to be heard again.
  bool carry_out(std::string& held, bool client) {
    std::size_t taken = 0;
    std::size_t said = 0;
    bool lent = false;
    for (const auto& one : actions_.all()) {
      switch (one.kind) {
        case action_kind::forward:
          (client ? to_server_ : heard_) += held.substr(taken, one.bytes);
          taken += one.bytes;
          break;
        case action_kind::hide:
          taken += one.bytes;
          break;
        case action_kind::to_client:
        case action_kind::to_server:
          (one.kind == action_kind::to_server ? to_server_ : heard_) +=
              actions_.text().substr(said, one.bytes);
          said += one.bytes;
          break;
        case action_kind::borrow:
          fuzz::must(!lent_, "nobody borrows twice");
          lent_ = &servers_[in_.choose() % 2];
          talk_.lend(lent_->memory);
          lent = true;
          break;
        case action_kind::give_back:
          give_back();
          break;
        case action_kind::listen:
        case action_kind::unlisten:
        case action_kind::unlisten_all:
        case action_kind::again:
        case action_kind::token_refused:
        case action_kind::cancel:
        case action_kind::end_session:
          fuzz::must(false, "nobody listens, reads at followers, kills or writes tokens");
          break;
        case action_kind::finish:
          fuzz::must(false, "a client that keeps to the protocol is not ended");
      }
    }
    fuzz::must(taken <= seen_ || held.empty(), "no action takes more than there is");
    held.erase(0, taken);
    seen_ -= taken;
    deliver();
    return lent;
  }
  // The server answers whole messages.
  void deliver() {
    std::size_t whole = 0;
    while (to_server_.size() - whole >= 5) {
      const auto at = std::as_bytes(std::span(to_server_)).subspan(whole);
      const std::size_t size = 1 + postgres::load_u32(at.data() + 1);
      if (at.size() < size) break;
      whole += size;
    }
    if (whole == 0) return;
    fuzz::must(lent_ != nullptr, "nothing is sent to a server that is not lent");
    from_server_ += lent_->model.hear(std::string_view(to_server_).substr(0, whole));
    to_server_.erase(0, whole);
  }
  void give_back() {
    deliver();
    fuzz::must(to_server_.empty(), "no half message goes to the next client");
    fuzz::must(lent_->model.status() == 'I', "a server goes back outside of a transaction");
    fuzz::must(!lent_->model.skipping(), "a server goes back at the end of its pipeline");
    lent_ = nullptr;
  }

  fuzz::input& in_;
  postgres::core_memory shared_{};
  pooled_server servers_[2];
  postgres::transaction_conversation talk_;
  pooled_server* lent_;
  action_list actions_ = {};
  std::string from_client_, from_server_, to_server_, heard_;
  std::size_t seen_ = 0;
};

// A text of SQL on prepared statements. As names of the protocol `d` is an EXECUTE or plain, `e`
// another such text: no EXECUTE comes to itself, none runs a PREPARE.
std::string in_sql(fuzz::input& in, bool simple) {
  static constexpr std::string_view queries[] = {"select 1", "select 2", "select 1/0", "broken"};
  const auto choice = in.choose();
  const std::string name(1, "abcd"[choice / 8 % 4]);
  const std::string other(1, "abc"[choice / 32 % 3]);
  const std::string query(choice & 64 && simple ? "select 3" : queries[choice / 32 % 4]);
  switch (choice % 8) {
    case 0:
    case 1:
      return "prepare " + name + " as " + query;
    case 2:
    case 3:
    case 4:
      return "execute " + (simple ? name : other);
    case 5:
      return "deallocate " + name;
    case 6:
      return simple ? "execute " + name + "; execute " + other : "execute " + other;
    default:
      return simple ? choice & 64 ? "deallocate all" : "deallocate " + name + "; execute " + other
                    : "deallocate " + other;
  }
}

// What a client may say next; a Sync ends its extended messages before a simple query.
std::string message_of(fuzz::input& in) {
  static constexpr std::string_view names[] = {"a", "b", "c", "d"};
  static constexpr std::string_view texts[] = {"select 1", "select 2", "select 1/0", "broken",
                                               "begin",    "commit",   "rollback",   ""};
  const auto choice = in.choose();
  const auto name = names[choice / 8 % 4];
  std::string out;
  message_writer message(out);
  switch (choice % 8) {
    case 0:
      if (name == "d" && (choice & 64) != 0) {
        const std::string text = in_sql(in, false);
        message.begin('P').text(text.starts_with("execute") ? "d" : "e").text(text).u16(0).end();
      } else {
        message.begin('P').text(name).text(texts[in.choose() % 8]).u16(0).end();
      }
      break;
    case 1:
      message.begin('B').text("").text(name == "d" && (choice & 64) != 0 ? "e" : name);
      message.u16(0).u16(0).u16(0).end();
      // What an EXECUTE runs is settled when it is bound.
      if (name == "d") message.begin('E').text("").u32(0).end();
      break;
    case 2:
      message.begin('D').byte(choice & 64 ? 'P' : 'S').text(choice & 64 ? "" : name).end();
      break;
    case 3:
      message.begin('E').text("").u32(0).end();
      break;
    case 4:
      message.begin('C').byte('S').text(name).end();
      break;
    case 5:
      message.begin('S').end();
      message.begin('Q').text(choice & 64 ? in_sql(in, true) : texts[in.choose() % 8]).end();
      break;
    case 6:
      message.begin('P').text("");
      message.text(choice & 64 ? in_sql(in, false) : texts[in.choose() % 8]).u16(0).end();
      message.begin('B').text("").text("").u16(0).u16(0).u16(0).end();
      if ((choice & 64) != 0) message.begin('E').text("").u32(0).end();
      message.begin('H').end();
      break;
    default:
      message.begin('S').end();
  }
  return out;
}

// Of a Parse that fails for two reasons, which is told first is not worth a round trip.
std::string kind_of(const error& why) {
  const std::string& state = why.sqlstate;
  return state == "42601" || state == "42P05" || state == "25P02" ? "parse" : state;
}

// Message by message: type, and tag, SQLSTATE or status. How many rows a look of ours had is
// unseen.
std::string gist_of(std::string_view heard) {
  std::string gist;
  while (heard.size() >= 5) {
    const auto bytes = std::as_bytes(std::span(heard));
    const std::size_t size = 1 + postgres::load_u32(bytes.data() + 1);
    gist += heard[0];
    if (heard[0] == 'Z') gist += heard[5];
    if (heard[0] == 'C') gist += heard.substr(5, size - 6);
    if (heard[0] == 'E') gist += kind_of(postgres::read_error_response(bytes.subspan(5, size - 5)));
    heard.remove_prefix(size);
  }
  return gist;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  fuzz::model_server own;
  pooled_client pooled(in);
  pooled.finish();
  std::string heard;
  std::string all;
  const auto say = [&](std::string_view message) {
    all += message;
    pooled.say(message);
    heard += own.hear(message);
  };
  while (!in.empty()) {
    say(message_of(in));
    pooled.go_on();
  }
  std::string sync;
  message_writer(sync).begin('S').end();
  say(sync);
  pooled.finish();
  if (gist_of(heard) != gist_of(pooled.heard())) {
    for (char& each : all) each = each >= ' ' ? each : ' ';
    std::fprintf(stderr, "said:   %s\nalone:  %s\npooled: %s\n", all.c_str(),
                 gist_of(heard).c_str(), gist_of(pooled.heard()).c_str());
    fuzz::must(false, "the client hears what it would hear alone");
  }
  fuzz::must(pooled.all_said(), "everything is heard");
  fuzz::must(pooled.at_rest() == (own.status() == 'I'), "it rests when its transaction is over");
  fuzz::must(pooled.lent() == (own.status() != 'I'), "and then its server is given back");
  return 0;
}
