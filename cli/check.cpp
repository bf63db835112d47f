// skein check: what a file says, in plain words, and every mistake in it; asked to, also what the
// servers say of themselves.
#include <cstdio>
#include <future>

#include "backends/registry/registry.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/inspection.hpp"
#include "conf/describe.hpp"
#include "conf/load.hpp"
#include "conf/reference.hpp"
#include "conf/schema.hpp"

namespace skein::cli {

namespace {

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return exit_ok;
}

member_answer ask(const backend& database, const cluster::watch_settings& looks,
                  const cluster::keeper_settings& orders, std::size_t member) {
  const cluster::member_settings& which = looks.members[member];
  member_answer out{.name = which.name, .address = which.address};
  out.hooks = orders.parts[member].hooks.any();
  out.seen =
      database.start_observer({which.address, looks.tls, looks.who, looks.database, looks.timeout})
          ->look();
  using way = cluster::failover_policy::way;
  const bool ordered = orders.policy.automatic == way::yes ||
                       (orders.policy.automatic == way::no && orders.entrusted) ||
                       orders.policy.assured > 0;
  if (!ordered || orders.policy.automatic == way::external || !out.seen) return out;
  const auto changer = database.change_roles(cluster::roles_of(orders, which));
  out.follows_while_it_runs = changer->follows_while_it_runs();
  out.told = changer->examine();
  return out;
}

// All at once: each waits for its own server.
bool is_well(const backend& database, const cluster::watch_settings& looks,
             const cluster::keeper_settings& orders) {
  std::vector<std::future<member_answer>> asked;
  for (std::size_t i = 0; i < looks.members.size(); ++i)
    asked.push_back(
        std::async(std::launch::async, [&, i] { return ask(database, looks, orders, i); }));
  std::vector<member_answer> all;
  for (auto& each : asked) all.push_back(each.get());
  const inspection found =
      inspect(all, orders.policy.automatic == cluster::failover_policy::way::yes);
  std::printf("\nThe servers of cluster %s:\n", looks.cluster.c_str());
  for (const std::string& each : found.members) std::printf("  %s\n", each.c_str());
  std::fflush(stdout);
  for (const finding& each : found.findings)
    std::fprintf(stderr, "%s: cluster %s: %s\n", each.wrong ? "wrong" : "advice",
                 looks.cluster.c_str(), each.text.c_str());
  return found.good();
}

}  // namespace

int check(const arguments& how) {
  if (how.keys) return print(conf::reference(backend_names()));
  if (how.schema) return print(conf::schema(backend_names()));
  const auto read = conf::load_file(how.file, {.engines = backend_names()});
  const auto& said = read ? read->warnings : read.error();
  for (const auto& each : said) {
    std::fprintf(stderr, "%s%s\n", read ? "warning: " : "", conf::format(each, how.file).c_str());
  }
  if (!read) return exit_problem;
  const auto made = compose(read->settings);
  if (!made) {
    std::fprintf(stderr, "%s: %s\n", how.file.c_str(), made.error().c_str());
    return exit_problem;
  }
  print(conf::describe(read->settings));
  bool well = true;
  for (std::size_t i = 0; how.connect && i < made->watches.size(); ++i)
    well = is_well(*made->proxy.clusters[i].database, made->watches[i], made->keepers[i]) && well;
  return well ? exit_ok : exit_problem;
}

}  // namespace skein::cli
