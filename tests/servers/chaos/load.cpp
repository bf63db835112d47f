#include "tests/servers/chaos/load.hpp"

#include <poll.h>

#include <chrono>
#include <utility>

#include "tests/servers/wire_socket.hpp"

namespace skein::servers::chaos {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Longer than any strike and Skein's own deadlines together: who hears nothing for so long has
// been forgotten.
constexpr auto patience = 20s;

constexpr auto commit_in_doubt = "08007";

using result = std::unique_ptr<PGresult, decltype(&PQclear)>;

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
    ++errors_["login " + refusal.sqlstate];
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
  const auto shape = below(8);
  const int parts = shape < 3 ? 1 : static_cast<int>(2 + below(4));
  outcome what;
  if (shape < 3) {
    what = autocommit(id);
  } else if (shape < 7) {
    what = block(id, parts, shape == 6);
  } else {
    what = pipeline(id, parts);
  }
  told_.record(id, parts, what);
  if (what == outcome::acknowledged) ++acknowledged_;
  if (what == outcome::failed) ++failed_;
  if (what == outcome::unknown) ++unknown_;
  if (what != outcome::acknowledged || session_ == nullptr || below(4) != 0) return;
  const auto seen = ask("select count(*) from chaos where id = " + std::to_string(id));
  if (!seen.sqlstate.empty()) return give_up();
  if (seen.value != std::to_string(parts))
    odd("its own transaction " + std::to_string(id) + " shows as " + seen.value + " of " +
        std::to_string(parts) + " rows");
}

outcome load::autocommit(transaction_id id) {
  const auto heard = below(2) == 0 ? put_prepared(id, 0) : ask(put_sql(id, 0));
  const auto what = judge(heard, "INSERT 0 1");
  if (!heard.sqlstate.empty()) give_up();
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
  if (!heard.sqlstate.empty()) give_up();
  return what;
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
    if (first_error.sqlstate.empty()) first_error = last;
    if (last.sqlstate == "lost" || last.sqlstate == "late") break;
  }
  const auto what = judge(first_error.sqlstate.empty() ? last : first_error, "COMMIT");
  const bool synced = last.sqlstate != "lost" && last.sqlstate != "late" && take().tag == "sync" &&
                      PQexitPipelineMode(raw) == 1;
  if (!synced) session_.reset();
  if (synced && !first_error.sqlstate.empty()) give_up();
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
  if (heard.sqlstate.empty() && heard.tag != "INSERT 0 1") odd("INSERT heard " + heard.tag);
  return heard.sqlstate.empty();
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
  const bool in_block = PQtransactionStatus(session_->raw()) != PQTRANS_IDLE;
  const auto heard = ask("select '" + mine +
                         "', current_setting('app.marker', true), current_setting('work_mem')");
  const auto wanted = mine + "|" + marker_ + "|" + work_mem_;
  if (heard.sqlstate.empty() && heard.value != wanted)
    odd("asked for " + wanted + (in_block ? " in a block" : "") + " and heard " + heard.value);
  return heard.sqlstate.empty();
}

void load::give_up() {
  if (session_ == nullptr || PQstatus(session_->raw()) != CONNECTION_OK ||
      ask("rollback").tag != "ROLLBACK")
    session_.reset();
}

outcome load::judge(const answer& of_commit, const char* tag) {
  if (of_commit.tag == tag) return outcome::acknowledged;
  if (of_commit.sqlstate.empty()) {
    odd(std::string(tag) + " heard " + of_commit.tag + of_commit.value);
    return outcome::unknown;
  }
  const auto& state = of_commit.sqlstate;
  return state == "lost" || state == "late" || state == commit_in_doubt ? outcome::unknown
                                                                        : outcome::failed;
}

bool load::say(const std::string& sql, const char* tag) {
  const auto heard = ask(sql);
  if (heard.sqlstate.empty() && heard.tag != tag) odd(sql + " heard " + heard.tag + heard.value);
  return heard.sqlstate.empty();
}

load::answer load::ask(const std::string& sql) {
  PQsendQuery(session_->raw(), sql.c_str());
  return take();
}

load::answer load::put_prepared(transaction_id id, int part) {
  const std::string texts[] = {std::to_string(id), std::to_string(part)};
  const char* values[] = {texts[0].c_str(), texts[1].c_str()};
  PQsendQueryPrepared(session_->raw(), "put", 2, values, nullptr, nullptr, 0);
  return take();
}

// One statement's answer, or the end of a pipeline ("sync").
load::answer load::take() {
  auto* raw = session_->raw();
  const auto end = clock::now() + patience;
  answer heard;
  bool any = false;
  for (;;) {
    while (PQisBusy(raw)) {
      pollfd watched{PQsocket(raw), POLLIN, 0};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
      if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) == 0) {
        ++errors_["late"];
        odd("no answer within " + std::to_string(patience.count()) + " s");
        wire_socket(PQsocket(raw)).reset();  // else a late answer would be the next statement's
        return {"late", "", ""};
      }
      if (PQconsumeInput(raw) == 0) break;
    }
    const result got(PQgetResult(raw), &PQclear);
    if (!got) break;
    any = true;
    const auto status = PQresultStatus(got.get());
    if (status == PGRES_COMMAND_OK) heard.tag = PQcmdStatus(got.get());
    if (status == PGRES_PIPELINE_SYNC) return {"", "sync", ""};
    if (status == PGRES_PIPELINE_ABORTED && heard.sqlstate.empty()) heard.sqlstate = "aborted";
    if (status == PGRES_TUPLES_OK && PQntuples(got.get()) == 1)
      for (int column = 0; column < PQnfields(got.get()); ++column)
        heard.value += (column > 0 ? "|" : "") + std::string(PQgetvalue(got.get(), 0, column));
    if ((status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) && heard.sqlstate.empty()) {
      const char* state = PQresultErrorField(got.get(), PG_DIAG_SQLSTATE);
      heard.sqlstate = state != nullptr ? state : "lost";
    }
  }
  if (!any) heard.sqlstate = "lost";
  if (!heard.sqlstate.empty()) {
    heard.tag.clear();
    ++errors_[heard.sqlstate];
  }
  return heard;
}

void load::odd(std::string what) {
  if (oddities_.size() < 20) oddities_.push_back("client " + marker_ + ": " + std::move(what));
}

}  // namespace skein::servers::chaos
