// skein rejoin: on the machine of a member that has led, makes its server a follower of who leads
// now. What only it has is kept first. Composed of what the member's backend can do by itself.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "backends/program.hpp"
#include "backends/registry/registry.hpp"
#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/owner.hpp"
#include "conf/nearest.hpp"

namespace skein::cli {

namespace {

using std::expected;
using std::unexpected;
using done = expected<void, std::string>;

// What the settings say of the member, and of its cluster.
struct place {
  const conf::cluster_settings* cluster = nullptr;
  const conf::member_settings* member = nullptr;
  std::size_t index = 0;
  const cluster::keeper_settings* keeper = nullptr;
  const backend* database = nullptr;
  const std::string& name() const { return member->name; }
};

std::string words_of(const error& why) {
  std::string text = why.text_for_client;
  // What a program said at length stands at its end in the sentence.
  if (why.whose == fault::server && why.kind == error_kind::unavailable &&
      !why.detail_for_log.empty())
    text += ": " + why.detail_for_log;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

expected<place, std::string> find_place(const conf::settings& all, const parts& made,
                                        const arguments& how) {
  place found;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < all.clusters.size(); ++i) {
    const auto& cluster = all.clusters[i];
    if (!how.cluster.empty() && cluster.name != how.cluster) continue;
    for (std::size_t n = 0; n < cluster.members.size(); ++n) {
      names.push_back(cluster.members[n].name);
      if (cluster.members[n].name != how.member) continue;
      if (found.member)
        return unexpected("'" + how.member + "' is a member of clusters " + found.cluster->name +
                          " and " + cluster.name + ": name one with --cluster");
      found = {&cluster, &cluster.members[n], n, &made.keepers[i], find_backend(cluster.engine)};
    }
  }
  if (found.member) return found;
  return unexpected(how.file + " has no member '" + how.member + "'" +
                    conf::suggestion(how.member, names, "the members are"));
}

std::unique_ptr<observer> observe(const place& at, std::size_t member,
                                  const cluster::watch_settings& looks) {
  return at.database->start_observer({.address = looks.members[member].address,
                                      .tls = looks.tls,
                                      .who = looks.who,
                                      .database = looks.database,
                                      .timeout = looks.timeout});
}

// What the Skein that runs says; nothing: none answers that can tell.
std::optional<expected<std::string, std::string>> ask_skein(const arguments& how, const place& at) {
  const auto target = find_admin(how);
  if (!target) return std::nullopt;
  const auto said =
      ask_admin(*target, {.path = "/leader.name", .parameters = {{"cluster", at.cluster->name}}});
  if (!said || said->status == 404) return std::nullopt;
  std::string text = said->body;
  while (text.ends_with('\n')) text.pop_back();
  if (said->status == 200) return text;
  return unexpected("Skein says: " + text);
}

// By their own word, where no Skein can be asked.
expected<std::size_t, std::string> ask_members(const place& at,
                                               const cluster::watch_settings& looks) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < looks.members.size(); ++i) {
    if (i == at.index) continue;
    const auto seen = observe(at, i, looks)->look();
    if (!seen || seen->role != member_role::leader) continue;
    const auto told = at.database
                          ->change_roles({.address = looks.members[i].address,
                                          .tls = at.keeper->tls,
                                          .who = at.keeper->who,
                                          .database = at.keeper->database,
                                          .timeout = at.keeper->timeout})
                          ->examine();
    if (told && told->fenced) continue;
    if (found)
      return unexpected("both " + looks.members[*found].name + " and " + looks.members[i].name +
                        " say that they lead: a person must say which is right");
    found = i;
  }
  if (found) return *found;
  return unexpected("none of the other members says that it leads: nobody can be followed");
}

expected<std::size_t, std::string> find_leader(const arguments& how, const place& at,
                                               const cluster::watch_settings& looks) {
  const auto said = ask_skein(how, at);
  if (said && !*said) return unexpected(said->error());
  if (!said) return ask_members(at, looks);
  for (std::size_t i = 0; i < looks.members.size(); ++i)
    if (looks.members[i].name == **said) return i;
  return unexpected("Skein says that " + **said + " leads, and " + how.file +
                    " has no such member");
}

bool agrees(const arguments& how) {
  if (how.yes) return true;
  if (isatty(STDIN_FILENO) == 0) return false;
  std::printf("Go on? [y/N] ");
  std::fflush(stdout);
  const int first = std::getchar();
  return first == 'y' || first == 'Y';
}

void tell(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

// On a terminal one line that changes, else none but what is no number.
void tell_progress(std::string_view line) {
  if (isatty(STDOUT_FILENO) == 0) {
    if (!line.contains("%)")) tell(std::string(line));
    return;
  }
  std::printf("\r%.*s\x1b[K%s", static_cast<int>(line.size()), line.data(),
              line.contains("%)") ? "" : "\n");
  std::fflush(stdout);
}

done run_hook(const place& at, const char* name, const std::string& command) {
  tell(std::string("runs its hook `") + name + "`");
  const auto end = run_program(
      {.words = {"/bin/sh", "-c", command},
       .environment = {std::string("SKEIN_HOOK=") + name, "SKEIN_CLUSTER=" + at.cluster->name,
                       "SKEIN_MEMBER=" + at.name()},
       .patience = at.member->hooks.timeout});
  if (end.well()) return {};
  return unexpected(std::string("its hook `") + name + "` " +
                    in_words(end, at.member->hooks.timeout));
}

// Where a Skein runs us as its hook, it stops and starts the server itself.
bool is_hook() {
  const char* which = std::getenv("SKEIN_HOOK");
  return which && std::string_view(which) == "rejoin";
}

std::string transactions(std::uint64_t count) {
  return count == 1 ? "1 transaction" : std::to_string(count) + " transactions";
}

class comeback {
 public:
  comeback(const arguments& how, const place& at, const cluster::watch_settings& looks,
           std::size_t leader)
      : how_(how), at_(at), looks_(looks), leader_(leader) {}
  done run();

 private:
  std::string leader() const { return looks_.members[leader_].name; }
  rejoin_settings settings(const std::filesystem::path& data) const;
  done stop_server(const std::filesystem::path& data);
  done work_on(const std::filesystem::path& data);
  done keep(rejoiner& work, const rejoin_plan& plan);
  void tell_kept(const kept_orphans& kept, const char* what);
  done keep_by_itself(orphan_writer& work);
  done change(rejoiner& work, const rejoin_plan& plan);
  done follow_at_last();
  result<duties> duties_of(std::size_t member) const;
  std::optional<std::string> why_not_following();
  done by_itself(const std::filesystem::path& data);

  const arguments& how_;
  const place& at_;
  const cluster::watch_settings& looks_;
  const std::size_t leader_;
};

rejoin_settings comeback::settings(const std::filesystem::path& data) const {
  return {.member = at_.name(),
          .leader = leader(),
          .address = looks_.members[at_.index].address,
          .leader_address = looks_.members[leader_].address,
          .tls = at_.keeper->tls,
          .who = at_.keeper->who,
          .database = at_.keeper->database,
          .replicator = at_.keeper->replicator,
          .data_directory = data,
          .orphans = at_.member->orphans,
          .timeout = std::chrono::seconds(10)};
}

// Nothing has been changed when it returns, but that the server stands still.
done comeback::stop_server(const std::filesystem::path& data) {
  {
    const auto owner = as_owner::of(data);
    if (!owner) return unexpected(owner.error());
    const auto plan = at_.database->prepare_rejoin(settings(data))->examine();
    if (!plan) return unexpected(words_of(plan.error()));
    if (!plan->runs) return {};
  }
  const std::string& stop = at_.member->hooks.stop;
  if (stop.empty() || is_hook() || !how_.yes)
    return unexpected("the server of " + at_.name() + " runs: stop it first" +
                      (stop.empty() || is_hook() ? "" : ", or say --yes: its hook `stop` does"));
  return run_hook(at_, "stop", stop);
}

done comeback::work_on(const std::filesystem::path& data) {
  const auto owner = as_owner::of(data);
  if (!owner) return unexpected(owner.error());
  const auto work = at_.database->prepare_rejoin(settings(data));
  const auto plan = work->examine();
  if (!plan) return unexpected(words_of(plan.error()));
  if (plan->runs) return unexpected("the server of " + at_.name() + " runs still: stop it first");
  if (auto kept = keep(*work, *plan); !kept) return kept;
  if (how_.keep_only) return {};
  if (!agrees(how_)) return unexpected("nothing was changed; say --yes to go on");
  return change(*work, *plan);
}

done comeback::keep(rejoiner& work, const rejoin_plan& plan) {
  const auto kept = work.keep_orphans();
  if (!kept) return unexpected(words_of(kept.error()));
  if (!plan.diverged.empty()) tell(at_.name() + " and " + leader() + " part at " + plan.diverged);
  tell_kept(*kept, "its log is");
  return {};
}

void comeback::tell_kept(const kept_orphans& kept, const char* what) {
  if (kept.folder.empty()) {
    if (kept.counted) tell("no transaction is on " + at_.name() + " alone");
    return;
  }
  tell((kept.counted ? transactions(kept.transactions) + (kept.transactions == 1 ? " is" : " are")
                     : "nobody knows how many transactions are") +
       " on " + at_.name() + " alone" + (kept.names.empty() ? "" : " (" + kept.names + ")") + ": " +
       what + " kept in " + kept.folder.string());
}

// Its server runs, and goes on to.
done comeback::keep_by_itself(orphan_writer& work) {
  const auto kept = work.keep();
  if (!kept) return unexpected(words_of(kept.error()));
  tell_kept(*kept, "what its log says of them is");
  return {};
}

done comeback::change(rejoiner& work, const rejoin_plan& plan) {
  rejoin_way way = how_.copy ? rejoin_way::copy : rejoin_way::rewind;
  if (plan.half_done && !how_.copy) {
    tell("an earlier rewind was interrupted, after which only a copy is safe");
    way = rejoin_way::copy;
  }
  if (way == rejoin_way::rewind && !plan.nothing_to_undo && !plan.cannot_rewind.empty())
    return unexpected(plan.cannot_rewind + ": copy the data anew, `skein rejoin " + at_.name() +
                      " --copy`");
  tell(way == rejoin_way::copy ? "copies the data of " + leader() + " anew"
       : plan.nothing_to_undo  ? "has nothing to undo"
                               : "undoes what " + leader() + " has not");
  const auto did = work.bring_back(way, tell_progress);
  if (isatty(STDOUT_FILENO) != 0) std::printf("\n");
  if (!did) return unexpected(words_of(did.error()));
  return {};
}

result<duties> comeback::duties_of(std::size_t member) const {
  return at_.database
      ->change_roles({.address = looks_.members[member].address,
                      .tls = at_.keeper->tls,
                      .who = at_.keeper->who,
                      .database = at_.keeper->database,
                      .timeout = at_.keeper->timeout})
      ->examine();
}

// Nothing: it follows.
std::optional<std::string> comeback::why_not_following() {
  const auto seen = observe(at_, at_.index, looks_)->look();
  if (!seen) return words_of(seen.error());
  if (seen->role != member_role::follower) return at_.name() + " takes writes still";
  const auto told = duties_of(at_.index);
  if (told && !told->receives) return at_.name() + " receives nothing";
  return std::nullopt;
}

done comeback::follow_at_last() {
  if (is_hook()) return {};
  const conf::hook_settings& hooks = at_.member->hooks;
  if (hooks.start.empty()) {
    tell(at_.name() + " is a follower of " + leader() + " as soon as you start its server");
    return {};
  }
  if (auto started = run_hook(at_, "start", hooks.start); !started) return started;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(hooks.timeout);
  for (;;) {
    const auto why = why_not_following();
    if (!why) {
      tell(at_.name() + " follows " + leader());
      return {};
    }
    if (std::chrono::steady_clock::now() >= end)
      return unexpected(at_.name() + " was started, and does not follow yet: " + *why);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

// Of an engine whose servers are led back by a word.
done comeback::by_itself(const std::filesystem::path& data) {
  if (const auto work = at_.database->write_orphans(settings(data))) {
    const auto kept = keep_by_itself(*work);
    if (how_.keep_only) return kept;
    if (!kept) tell(kept.error());  // what is to be done is to be known all the same
  }
  // One that follows was looked at before, so that it cannot be ahead.
  const auto mine = observe(at_, at_.index, looks_)->look();
  const auto theirs = observe(at_, leader_, looks_)->look();
  const auto leads = duties_of(leader_);
  const auto told = duties_of(at_.index);
  if (told && !told->not_led_on.empty())
    return unexpected(at_.name() +
                      " stays outside, since whom it follows sends it nothing from "
                      "where it is: " +
                      told->not_led_on);
  const bool part = mine && leads && leads->log && mine->written.exact &&
                    !leads->log->covers(*mine->written.exact);
  if (mine && theirs && (part || !covers(theirs->written, mine->written)))
    return unexpected(at_.name() + " stays outside, since it has written what " + leader() +
                      " has not: it has " + mine->written.text + ", and " + leader() + " has " +
                      theirs->written.text);
  tell(mine ? "nothing is to be done: Skein has " + at_.name() +
                  " follow by itself, where failover.automatic is yes"
            : "start the server of " + at_.name() + ": Skein has it follow by itself");
  return {};
}

done comeback::run() {
  std::filesystem::path data = how_.data_directory;
  if (data.empty()) data = at_.member->data_directory;
  if (leader_ == at_.index) return unexpected(at_.name() + " leads: it has nobody to follow");
  if (!at_.database->prepare_rejoin(settings(data))) return by_itself(data);
  if (data.empty())
    return unexpected("where does " + at_.name() +
                      " have its data? Name it with --data-directory, "
                      "or as data_directory in the settings");
  if (auto stopped = stop_server(data); !stopped) return stopped;
  if (auto changed = work_on(data); !changed) return changed;
  return how_.keep_only ? done() : follow_at_last();
}

int problem(const std::string& text) {
  std::fprintf(stderr, "skein: %s\n", text.c_str());
  return exit_problem;
}

}  // namespace

int rejoin(const arguments& how) {
  const auto read = conf::load_file(how.file, {.engines = backend_names()});
  if (!read) return problem(conf::format(read.error().front(), how.file));
  const auto made = compose(read->settings);
  if (!made) return problem(how.file + ": " + made.error());
  const auto at = find_place(read->settings, *made, how);
  if (!at) return problem(at.error());
  const std::size_t cluster = static_cast<std::size_t>(at->keeper - made->keepers.data());
  const auto leader = find_leader(how, *at, made->watches[cluster]);
  if (!leader) return problem(leader.error());
  if (const auto went = comeback(how, *at, made->watches[cluster], *leader).run(); !went)
    return problem(went.error());
  return exit_ok;
}

}  // namespace skein::cli
