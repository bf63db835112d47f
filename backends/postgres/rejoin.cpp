#include "backends/postgres/rejoin.hpp"

#include <sys/stat.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <thread>

#include "backends/postgres/conninfo.hpp"
#include "backends/postgres/libpq_session.hpp"
#include "backends/postgres/orphans.hpp"
#include "backends/postgres/own_files.hpp"
#include "backends/postgres/server_files.hpp"
#include "backends/postgres/standby_names.hpp"

namespace skein::postgres {

namespace fs = std::filesystem;

namespace {

using progress = own_files::progress;
using teller = std::function<void(std::string_view)>;

constexpr auto about_leader =
    "SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()),"
    " current_setting('server_version_num'),"
    " CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END,"
    " (SELECT timeline_id FROM pg_control_checkpoint()),"
    " current_setting('synchronous_standby_names')";

std::unexpected<error> refuse(std::string text) {
  return failure(error_kind::unsupported, fault::us, std::move(text));
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

result<void> write(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (out) return {};
  return failure(error_kind::internal, fault::us, "cannot write " + file.string());
}

// Of what tools print as they go on, the latest line that has a percentage.
class progress_lines {
 public:
  explicit progress_lines(const teller& tell) : tell_(tell) {}
  void take(std::string_view said) {
    for (const char each : said) {
      if (each != '\r' && each != '\n') {
        line_ += each;
        continue;
      }
      const auto from = line_.find_first_not_of(' ');
      if (tell_ && from != line_.npos && line_.contains("%)"))
        tell_(std::string_view(line_).substr(from));
      line_.clear();
    }
  }

 private:
  const teller& tell_;
  std::string line_ = {};
};

class postgres_rejoiner final : public skein::rejoiner {
 public:
  explicit postgres_rejoiner(const rejoin_settings& how)
      : how_(how), own_(fs::weakly_canonical(how.data_directory)) {}

  result<rejoin_plan> examine() override;
  result<kept_orphans> keep_orphans() override;
  result<void> bring_back(rejoin_way how, const teller& tell) override;

 private:
  struct leader_facts {
    std::string identity = {};
    unsigned version = 0;
    std::uint32_t timeline = 0;
    std::uint32_t written_timeline = 0;  // by its control file
  };
  libpq_settings leader_login() const {
    return {.address = how_.leader_address,
            .tls = how_.tls,
            .who = how_.who,
            .database = how_.database,
            .application = "skein rejoin",
            .timeout = how_.timeout};
  }
  result<void> finish_swap();
  result<leader_facts> ask_leader() const;
  result<std::vector<timeline_span>> leaders_history(const leader_facts& leader) const;
  result<std::string> how_to_follow() const;
  std::string why_no_rewind() const;
  result<void> await_timeline() const;
  result<void> rewind(const teller& tell);
  result<void> copy(const teller& tell);
  result<void> make_follower(const fs::path& data) const;
  bool has_nothing_else() const;

  const rejoin_settings how_;
  own_files own_;
  std::optional<server_files> files_ = {};
  control_data control_ = {};
  divergence parted_ = {};
  std::string conninfo_ = {};  // by which it is to follow
};

// An earlier attempt may have ended between moving the old data away and the new in.
result<void> postgres_rejoiner::finish_swap() {
  std::error_code failed;
  const fs::path data = fs::weakly_canonical(how_.data_directory, failed);
  if (own_.how_far() != progress::swapping || fs::exists(data, failed)) return {};
  fs::rename(own_.copy(), data, failed);
  if (failed)
    return refuse("cannot put the copy in its place, " + data.string() + ": " + failed.message());
  return {};
}

result<postgres_rejoiner::leader_facts> postgres_rejoiner::ask_leader() const {
  libpq_session session(leader_login());
  const auto told = session.ask(about_leader, std::nullopt, "does not say whether it leads");
  if (!told) return std::unexpected(told.error());
  const auto value = [&](int column) { return std::string(PQgetvalue(told->get(), 0, column)); };
  if (value(0) != "f") return refuse(how_.leader + " does not lead: it is a follower");
  if (value(5) == fenced_name) return refuse(how_.leader + " does not lead: it has been fenced");
  leader_facts out{.identity = value(1)};
  out.version = static_cast<unsigned>(std::strtoul(value(2).c_str(), nullptr, 10)) / 10000;
  out.timeline =
      static_cast<std::uint32_t>(std::strtoul(value(3).substr(0, 8).c_str(), nullptr, 16));
  out.written_timeline = static_cast<std::uint32_t>(std::strtoul(value(4).c_str(), nullptr, 10));
  return out;
}

// Its own words, else what the settings file or an earlier time as a follower have left.
result<std::string> postgres_rejoiner::how_to_follow() const {
  std::string before = files_->setting("primary_conninfo");
  if (before.empty())
    before = setting_in(text_of(files_->data() / "postgresql.auto.conf"), "primary_conninfo");
  std::string line = point_conninfo(before, how_.leader_address, how_.replicator);
  if (names_user(line)) return line;
  return refuse("nobody has said as whom " + how_.member +
                " is to follow: set failover.replication in the settings");
}

result<std::vector<timeline_span>> postgres_rejoiner::leaders_history(
    const leader_facts& leader) const {
  const auto unreadable = [&] {
    return refuse("the history of " + how_.leader + " cannot be read");
  };
  if (leader.timeline == 0) return unreadable();
  if (leader.timeline == 1) return *read_history("", 1);
  const split_conninfo line = split_password(
      conninfo_, {{"replication", "true"}, {"connect_timeout", "5"}, {"dbname", "replication"}});
  const std::string whole =
      line.text +
      (line.password.empty() ? "" : " " + write_conninfo({{"password", line.password}}));
  const std::unique_ptr<PGconn, decltype(&PQfinish)> link(PQconnectdb(whole.c_str()), &PQfinish);
  if (PQstatus(link.get()) != CONNECTION_OK)
    return refuse("it cannot sign in to " + how_.leader +
                  " as followers do: " + PQerrorMessage(link.get()));
  const std::string asked = "TIMELINE_HISTORY " + std::to_string(leader.timeline);
  const answer_pointer told(PQexec(link.get(), asked.c_str()));
  if (PQresultStatus(told.get()) != PGRES_TUPLES_OK || PQntuples(told.get()) != 1)
    return refuse("the history of " + how_.leader +
                  " cannot be read: " + PQerrorMessage(link.get()));
  auto read = read_history(
      {PQgetvalue(told.get(), 0, 1), static_cast<std::size_t>(PQgetlength(told.get(), 0, 1))},
      leader.timeline);
  if (!read) return unreadable();
  return *read;
}

std::string postgres_rejoiner::why_no_rewind() const {
  if (!control_.checksums && !control_.hints)
    return "its data has neither checksums nor wal_log_hints, without which a rewind is not safe";
  return {};
}

result<rejoin_plan> postgres_rejoiner::examine() {
  if (auto done = own_.lock(); !done) return std::unexpected(done.error());
  if (auto done = finish_swap(); !done) return std::unexpected(done.error());
  auto files = server_files::find(how_.data_directory);
  if (!files) return std::unexpected(files.error());
  files_ = std::move(*files);
  rejoin_plan out{.runs = files_->runs()};
  const auto control = files_->control();
  if (!control) return std::unexpected(control.error());
  control_ = *control;
  const auto leader = ask_leader();
  if (!leader) return std::unexpected(leader.error());
  const std::string where = files_->data().string();
  if (leader->identity != control_.identity)
    return refuse(where + " is of another cluster than " + how_.leader +
                  ": its system identifier is " + control_.identity + ", not " + leader->identity);
  if (leader->version != files_->version())
    return refuse(where + " is of version " + std::to_string(files_->version()) + ", and " +
                  how_.leader + " of version " + std::to_string(leader->version));
  auto line = how_to_follow();
  if (!line) return std::unexpected(line.error());
  conninfo_ = std::move(*line);
  const auto theirs = leaders_history(*leader);
  if (!theirs) return std::unexpected(theirs.error());
  const std::uint32_t mine = control_.last_timeline();
  const std::string file = segment_name(mine, 0, 16 << 20).substr(0, 8) + ".history";
  const auto ours = read_history(text_of(files_->data() / "pg_wal" / file), mine);
  const auto found = ours ? find_divergence(*ours, *theirs) : std::nullopt;
  if (!found) return refuse(where + " and " + how_.leader + " have no history in common");
  parted_ = *found;
  out.half_done = own_.how_far() == progress::changing;
  out.cannot_rewind = why_no_rewind();
  out.nothing_to_undo = has_nothing_else();
  const bool led = control_.minimum_end == 0 && !fs::exists(files_->data() / "standby.signal");
  if (parted_.same_line && led && own_.how_far() < progress::changing)
    return refuse(how_.member + " and " + how_.leader + " lead one history, timeline " +
                  std::to_string(mine) + ": a person must say which is right");
  if (!parted_.same_line)
    out.diverged = lsn_text(parted_.at) + " on timeline " + std::to_string(parted_.timeline);
  return out;
}

// What was shut down has its last checkpoint at the very end of its log.
bool postgres_rejoiner::has_nothing_else() const {
  if (own_.how_far() >= progress::changed || parted_.same_line) return true;
  if (!control_.stopped_cleanly() || parted_.timeline != control_.last_timeline()) return false;
  return control_.checkpoint < parted_.at && control_.minimum_end <= parted_.at;
}

result<kept_orphans> postgres_rejoiner::keep_orphans() {
  // What is half done has been kept before, and cannot be read any more.
  if (own_.how_far() >= progress::changing || has_nothing_else())
    return kept_orphans{.counted = own_.how_far() < progress::changing};
  fs::path below = how_.orphans;
  if (below.empty()) below = files_->data().string() + ".orphans";
  return keep_range(*files_,
                    {.member = how_.member, .leader = how_.leader, .of = control_, .from = parted_},
                    below);
}

// pg_rewind goes by the control file, which a new leader writes at its first checkpoint.
result<void> postgres_rejoiner::await_timeline() const {
  constexpr std::chrono::minutes patience{10};
  const auto end = std::chrono::steady_clock::now() + patience;
  for (bool first = true; std::chrono::steady_clock::now() < end; first = false) {
    const auto leader = ask_leader();
    if (!leader) return std::unexpected(leader.error());
    if (leader->timeline == leader->written_timeline) return {};
    if (first) {
      libpq_settings how = leader_login();
      how.timeout = patience;
      // Who may not waits for the one that comes by itself.
      const auto done = libpq_session(how).ask("CHECKPOINT", std::nullopt, "cannot checkpoint");
      if (done) continue;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  return refuse(how_.leader +
                " has written no checkpoint since it was promoted: run CHECKPOINT there");
}

result<void> postgres_rejoiner::rewind(const teller& tell) {
  if (own_.how_far() < progress::changed) {
    if (auto done = await_timeline(); !done) return done;
    if (auto done = own_.save(); !done) return done;
    if (!control_.stopped_cleanly()) {
      if (auto done = files_->recover(); !done) return done;
    }
    if (auto done = own_.note(progress::changing); !done) return done;
    auto words = connection_words(leader_login());
    words["connect_timeout"] = "10";
    server_files::tool rewinds{.name = "pg_rewind",
                               .arguments = {"--target-pgdata=" + files_->data().string(),
                                             "--source-server=" + write_conninfo(words),
                                             "--progress", "--no-ensure-shutdown"},
                               .environment = {"PGPASSWORD=" + how_.who.password}};
    if (!files_->setting("restore_command").empty()) {
      rewinds.arguments.emplace_back("--restore-target-wal");
      if (files_->version() >= 15 && !files_->settings_file().empty())
        rewinds.arguments.push_back("--config-file=" + files_->settings_file());
    }
    progress_lines lines(tell);
    bool begun = false;
    rewinds.hears = [&](std::string_view said) {
      begun = begun || said.contains("%)");
      lines.take(said);
    };
    if (auto done = files_->run(rewinds); !done) {
      // Until it copies it has changed nothing.
      if (!begun) static_cast<void>(own_.note(progress::saved));
      return std::unexpected(done.error());
    }
    if (auto done = own_.note(progress::changed); !done) return done;
  }
  if (auto done = make_follower(files_->data()); !done) return done;
  return own_.forget();
}

result<void> postgres_rejoiner::copy(const teller& tell) {
  std::error_code failed;
  const fs::path data = files_->data();
  struct stat here{};
  struct stat above{};
  if (stat(data.c_str(), &here) == 0 && stat(data.parent_path().c_str(), &above) == 0 &&
      here.st_dev != above.st_dev)
    return refuse(data.string() +
                  " is a file system of its own, so no copy can take its place: "
                  "let the data stand in a folder below it");
  if (auto done = own_.save(); !done) return done;
  fs::remove_all(own_.copy(), failed);
  // By the name of the member it would count among those who have received what is acknowledged.
  const split_conninfo line =
      split_password(conninfo_, {{"connect_timeout", "10"}, {"application_name", "skein rejoin"}});
  progress_lines lines(tell);
  const auto done = files_->run({.name = "pg_basebackup",
                                 .arguments = {"-D", own_.copy().string(), "-X", "stream", "-c",
                                               "fast", "-P", "-w", "-d", line.text},
                                 .environment = {"PGPASSWORD=" + line.password},
                                 .hears = [&](std::string_view said) { lines.take(said); }});
  if (!done) return std::unexpected(done.error());
  if (auto made = make_follower(own_.copy()); !made) return made;
  if (auto noted = own_.note(progress::swapping); !noted) return noted;
  const std::string old = data.string() + ".replaced-" + std::to_string(std::time(nullptr));
  fs::rename(data, old, failed);
  if (!failed) fs::rename(own_.copy(), data, failed);
  if (failed) return refuse("cannot put the copy into " + data.string() + ": " + failed.message());
  if (tell) tell("what was there before is in " + old + ", and is not needed any more");
  return own_.forget();
}

// With its own settings, but for those that a fence and its time as a leader have left.
result<void> postgres_rejoiner::make_follower(const fs::path& data) const {
  if (own_.how_far() != progress::none) {
    if (auto done = own_.restore(data); !done) return done;
  }
  const fs::path file = data / "postgresql.auto.conf";
  const std::string text = text_of(file);
  std::map<std::string, std::string> change = {{"primary_conninfo", conninfo_}};
  if (setting_in(text, "synchronous_standby_names") == fenced_name) {
    change["synchronous_standby_names"] = "";
    change["default_transaction_read_only"] = "";
  }
  if (setting_in(text, "wal_receiver_timeout") == "1ms") change["wal_receiver_timeout"] = "";
  if (auto done = write(file, change_settings(text, change)); !done) return done;
  return write(data / "standby.signal", "");
}

result<void> postgres_rejoiner::bring_back(rejoin_way how, const teller& tell) {
  if (how == rejoin_way::copy) return copy(tell);
  if (has_nothing_else() && own_.how_far() < progress::changing)
    return make_follower(files_->data());
  return rewind(tell);
}

}  // namespace

std::unique_ptr<skein::rejoiner> make_rejoiner(const rejoin_settings& how) {
  return std::make_unique<postgres_rejoiner>(how);
}

}  // namespace skein::postgres
