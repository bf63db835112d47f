// skein grants: what the servers of each cluster must grant to the roles that Skein comes as.
#include <algorithm>
#include <cstdio>

#include "backends/registry/registry.hpp"
#include "cli/commands.hpp"
#include "conf/load.hpp"
#include "conf/nearest.hpp"

namespace skein::cli {

namespace {

const grants_request examples = {.observer = {"skein_health"},
                                 .directory = {"skein_auth", "app"},
                                 .applications = {{"app", "app"}},
                                 .commit_tokens = true};

// What rules of its listeners say about where a user goes.
void add_application(const conf::settings& all, const std::string& cluster, const std::string& user,
                     grants_request& out) {
  const std::size_t before = out.applications.size();
  for (const auto& listener : all.listeners) {
    for (const auto& rule : listener.rules) {
      const bool fits = listener.cluster == cluster && !rule.database.empty() &&
                        rule.method != conf::proof_method::reject &&
                        (rule.user.empty() || rule.user == user);
      const auto same = [&](const auto& known) {
        return known.user == user && known.database == rule.database;
      };
      if (fits && std::ranges::none_of(out.applications, same))
        out.applications.push_back({user, rule.database});
    }
  }
  if (out.applications.size() == before) out.applications.push_back({user, {}});
}

grants_request request_of(const conf::cluster_settings& cluster, const conf::settings& all) {
  grants_request out = examples;
  out.observer = {cluster.health.user, cluster.health.database};
  out.commit_tokens = cluster.failover.commit_tokens;
  out.failover = {cluster.failover.user, cluster.health.database};
  if (!cluster.auth_query.user.empty()) {
    out.directory = {cluster.auth_query.user, cluster.auth_query.database};
    out.directory_query = cluster.auth_query.query;
  }
  if (cluster.users.empty()) return out;
  out.applications.clear();
  for (const auto& user : cluster.users) add_application(all, cluster.name, user.name, out);
  return out;
}

void print(const std::string& title, const backend& database, const grants_request& who,
           const std::vector<grants_feature>& wanted) {
  std::printf(
      "-- %s\n-- Paste it into the server's own client as a superuser, or as who manages the "
      "service where\n-- nobody is one, on the leader: followers have it from there. It may be run "
      "again. Who is made\n-- here has no password yet: give it the one that the settings have.\n",
      title.c_str());
  for (const grants_feature each : wanted)
    std::printf("\n%s", database.grants_for(each, who).c_str());
}

}  // namespace

int grants(const arguments& how) {
  std::vector<grants_feature> wanted;
  for (std::size_t i = 0; i < grants_feature_names.size(); ++i) {
    if (how.feature.empty() || how.feature == grants_feature_names[i])
      wanted.push_back(static_cast<grants_feature>(i));
  }
  if (wanted.empty()) {
    const std::vector<std::string_view> all(grants_feature_names.begin(),
                                            grants_feature_names.end());
    std::fprintf(stderr, "skein: '%s' is no feature%s\n", how.feature.c_str(),
                 conf::suggestion(how.feature, all, "the features are").c_str());
    return exit_usage;
  }
  if (!how.file_given) {
    for (const std::string& name : backend_names())
      print("For " + name + "; the names are examples.", *find_backend(name), examples, wanted);
    return exit_ok;
  }
  // Who prints this need not be who has the secrets.
  const auto read = conf::load_file(
      how.file, {.engines = backend_names(),
                 .environment = [](const std::string&) { return std::string("not needed here"); }});
  if (!read) {
    for (const auto& each : read.error())
      std::fprintf(stderr, "%s\n", conf::format(each, how.file).c_str());
    return exit_problem;
  }
  for (const auto& cluster : read->settings.clusters) {
    std::vector<grants_feature> used = wanted;
    if (how.feature.empty() && cluster.auth_query.user.empty())
      std::erase(used, grants_feature::auth_query);
    // Nobody should grant so much unasked.
    if (how.feature.empty() && cluster.failover.automatic != conf::failover::yes &&
        cluster.durability.mode == conf::durability_mode::async)
      std::erase(used, grants_feature::failover);
    const auto comes_back = [](const conf::member_settings& each) {
      return each.hooks != conf::hook_settings{} || !each.data_directory.empty();
    };
    // Of an engine whose members' rows are read while they run that may be any of them.
    const bool all_do = cluster.failover.automatic == conf::failover::yes &&
                        find_backend(cluster.engine)->write_orphans({}) != nullptr;
    if (how.feature.empty() && !all_do && std::ranges::none_of(cluster.members, comes_back))
      std::erase(used, grants_feature::rejoin);
    print("For cluster \"" + cluster.name + "\" of " + how.file + ".",
          *find_backend(cluster.engine), request_of(cluster, read->settings), used);
  }
  return exit_ok;
}

}  // namespace skein::cli
