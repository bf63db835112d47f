#include "tests/servers/chaos/load.hpp"

#include <chrono>
#include <utility>

#include "tests/servers/wire_socket.hpp"

namespace skein::servers::chaos {
namespace {

using namespace std::chrono_literals;

// Longer than any strike and Skein's own deadlines together: who hears nothing for so long has
// been forgotten.
constexpr auto patience = 20s;

constexpr auto commit_in_doubt = "08007";

std::string put_sql(transaction_id id, int part) {
  return "insert into chaos values (" + std::to_string(id) + ", " + std::to_string(part) +
         ", current_setting('app.marker', true))";
}

}  // namespace

load::load(int number, std::uint64_t seed, std::string words)
    : number_(number),
      words_(std::move(words)),
      marker_("c" + std::to_string(number)),
      random_(seed + static_cast<std::uint64_t>(number)),
      next_(number * ids_per_client),
      thread_(&load::run, this) {}

load::~load() {
  stop();
}

void load::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void load::run() {
  while (!stopping_) {
    if (session_ == nullptr && !connect()) {
      std::this_thread::sleep_for(20ms);
      continue;
    }
    work();
    std::this_thread::sleep_for(std::chrono::milliseconds(below(16)));
  }
  session_.reset();
}

bool load::connect() {
  try {
    session_ = std::make_unique<pg_session>(words_, patience);
  } catch (const pg_refusal& refusal) {
    note("login " + refusal.sqlstate, refusal.what());
    if (std::string_view(refusal.what()).find("deadline") != std::string_view::npos)
      odd(std::string("a login: ") + refusal.what());
    return false;
  }
  PQsendPrepare(session_->raw(), "put",
                "insert into chaos values ($1, $2, current_setting('app.marker', true))", 0,
                nullptr);
  if (take().sqlstate.empty() && say("set app.marker = '" + marker_ + "'", "SET") &&
      change_work_mem(false))
    return true;
  session_.reset();
  return false;
}

void load::work() {
  if (below(8) == 0 && !change_work_mem(false)) return session_.reset();
  if (below(4) == 0 && !sees_its_own()) return give_up();
  const auto id = next_++;
  const auto shape = below(9);
  const int parts = shape < 3 ? 1 : static_cast<int>(2 + below(4));
  outcome what;
  if (shape < 3) {
    what = autocommit(id);
  } else if (shape < 7) {
    what = block(id, parts, shape == 6);
  } else if (shape == 7) {
    what = pipeline(id, parts);
  } else {
    what = cancelled(id);
  }
  told_.record(id, parts, what);
  if (what == outcome::acknowledged) ++acknowledged_;
  if (what == outcome::failed) ++failed_;
  if (what == outcome::unknown) ++unknown_;
  if (what != outcome::acknowledged || session_ == nullptr || below(4) != 0) return;
  const auto seen = ask("select count(*) from chaos where id = " + std::to_string(id));
  if (!seen.ok()) return give_up();
  if (seen.value != std::to_string(parts))
    odd("its own transaction " + std::to_string(id) + " shows as " + seen.value + " of " +
        std::to_string(parts) + " rows");
}

outcome load::autocommit(transaction_id id) {
  const auto heard = below(2) == 0 ? put_prepared(id, 0) : ask(put_sql(id, 0));
  const auto what = judge(heard, "INSERT 0 1");
  if (!heard.ok()) give_up();
  return what;
}

outcome load::block(transaction_id id, int parts, bool rolls_back) {
  bool well = say("begin", "BEGIN");
  if (well && rolls_back && below(2) == 0) well = change_work_mem(true);
  for (int part = 0; well && part < parts; ++part) {
    if (part == 1 && below(2) == 0 && leave_midway()) return outcome::failed;
    well = put(id, part) && (rolls_back || below(6) != 0 || sees_its_own());
  }
  if (well && rolls_back) well = say("rollback", "ROLLBACK");
  if (!well) give_up();
  if (!well || rolls_back) return outcome::failed;
  if (abandoned_ && PQsendQuery(session_->raw(), "commit") == 1 && leave_midway())
    return outcome::unknown;
  const auto heard = ask("commit");
  const auto what = judge(heard, "COMMIT");
  if (!heard.ok()) give_up();
  return what;
}

// A cancel may come too late, but it never is another's: 57014 is heard here or nowhere.
outcome load::cancelled(transaction_id id) {
  if (!say("begin", "BEGIN") || !put(id, 0)) return give_up(), outcome::failed;
  PQsendQuery(session_->raw(), "select pg_sleep(0.05)");
  session_->cancel();
  const auto heard = take_answer(session_->raw(), patience);
  if (!heard.ok()) note(heard.sqlstate == "57014" ? "57014 asked for" : heard.sqlstate, heard.text);
  give_up();
  return outcome::failed;
}

// All of it is sent before anything is heard, so that the COMMIT is always under way.
outcome load::pipeline(transaction_id id, int parts) {
  auto* raw = session_->raw();
  const auto send = [&](const std::string& sql) {
    PQsendQueryParams(raw, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0);
  };
  PQenterPipelineMode(raw);
  send("begin");
  for (int part = 0; part < parts; ++part) send(put_sql(id, part));
  send("commit");
  PQpipelineSync(raw);
  answer first_error;
  answer last;
  for (int replies = 0; replies < parts + 2; ++replies) {
    last = take();
    if (first_error.ok()) first_error = last;
    if (last.is_end()) break;
  }
  const auto what = judge(first_error.ok() ? last : first_error, "COMMIT");
  const bool synced = !last.is_end() && take().tag == "sync" && PQexitPipelineMode(raw) == 1;
  if (!synced) session_.reset();
  if (synced && !first_error.ok()) give_up();
  return what;
}

// A process that was killed: its socket is reset, whatever it had sent.
bool load::leave_midway() {
  if (!abandoned_.exchange(false)) return false;
  wire_socket(PQsocket(session_->raw())).reset();
  session_.reset();
  return true;
}

bool load::put(transaction_id id, int part) {
  if (below(2) == 0) return say(put_sql(id, part), "INSERT 0 1");
  const auto heard = put_prepared(id, part);
  if (heard.ok() && heard.tag != "INSERT 0 1") odd("INSERT heard " + heard.tag);
  return heard.ok();
}

bool load::change_work_mem(bool rolled_back) {
  // No two clients ever have the same.
  const auto wanted =
      std::to_string(1000 + 100 * below(50) + static_cast<unsigned>(number_)) + "kB";
  const bool done = say("set work_mem = '" + wanted + "'", "SET");
  if (done && !rolled_back) work_mem_ = wanted;
  return done;
}

bool load::sees_its_own() {
  const auto mine = marker_ + ":" + std::to_string(next_) + ":" + std::to_string(below(1000000));
  const auto times = below(8) == 0 ? 20'000 : 1;  // a large answer is cut in its middle, too
  const auto heard = ask("select repeat('" + mine + "', " + std::to_string(times) +
                         "), current_setting('app.marker', true), current_setting('work_mem')");
  std::string wanted;
  for (int count = 0; count < times; ++count) wanted += mine;
  wanted += "|" + marker_ + "|" + work_mem_;
  if (heard.ok() && heard.value != wanted)
    odd("asked for " + wanted.substr(0, 60) + "... and heard " + heard.value.substr(0, 60));
  return heard.ok();
}

void load::give_up() {
  if (session_ == nullptr || PQstatus(session_->raw()) != CONNECTION_OK ||
      ask("rollback").tag != "ROLLBACK")
    session_.reset();
}

outcome load::judge(const answer& of_commit, const char* tag) {
  if (of_commit.tag == tag) return outcome::acknowledged;
  if (of_commit.ok()) {
    odd(std::string(tag) + " heard " + of_commit.tag + of_commit.value);
    return outcome::unknown;
  }
  return of_commit.is_end() || of_commit.sqlstate == commit_in_doubt ? outcome::unknown
                                                                     : outcome::failed;
}

bool load::say(const std::string& sql, const char* tag) {
  const auto heard = ask(sql);
  if (heard.ok() && heard.tag != tag) odd(sql + " heard " + heard.tag + heard.value);
  return heard.ok();
}

answer load::ask(const std::string& sql) {
  PQsendQuery(session_->raw(), sql.c_str());
  return take();
}

answer load::put_prepared(transaction_id id, int part) {
  const std::string texts[] = {std::to_string(id), std::to_string(part)};
  const char* values[] = {texts[0].c_str(), texts[1].c_str()};
  PQsendQueryPrepared(session_->raw(), "put", 2, values, nullptr, nullptr, 0);
  return take();
}

answer load::take() {
  const auto heard = take_answer(session_->raw(), patience);
  if (!heard.ok()) note(heard.sqlstate, heard.text);
  if (heard.sqlstate == "late") odd("no answer within " + std::to_string(patience.count()) + " s");
  return heard;
}

void load::note(const std::string& state, const std::string& text) {
  auto& error = errors_[state];
  if (++error.times == 1) error.text = text;
}

void load::odd(std::string what) {
  if (oddities_.size() < 20) oddities_.push_back("client " + marker_ + ": " + std::move(what));
}

}  // namespace skein::servers::chaos
