// What people order of a running Skein at its admin port: that the lead goes to another member,
// that a member gets no new work. See service.hpp.
#include <array>
#include <charconv>
#include <cstdio>

#include "cli/service.hpp"
#include "metrics/json.hpp"

namespace skein::cli {

namespace {

using metrics::http_request;
using metrics::http_response;

constexpr std::chrono::seconds patience_max{3600};

std::string in_words(const cluster::move_report& of) {
  using state = cluster::move_report::state;
  if (of.stands == state::none) return "nobody has asked for the lead to move";
  if (of.stands != state::done) return of.why;
  std::array<char, 64> held{};
  std::snprintf(held.data(), held.size(), "new transactions waited for %.2f s",
                std::chrono::duration<double>(of.held).count());
  return of.to + " leads now, in the place of " + of.from + "; " + held.data();
}

std::string in_json(const cluster::move_report& of) {
  static constexpr std::string_view words[] = {"none", "under way", "done", "failed"};
  const auto seconds = [](std::chrono::milliseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  metrics::json_writer json;
  json.begin_object()
      .member("state", words[static_cast<std::size_t>(of.stands)])
      .member("from", of.from)
      .member("to", of.to)
      .member("why", of.why)
      .member("took_seconds", seconds(of.took))
      .member("held_seconds", seconds(of.held))
      .end_object();
  return json.take();
}

// Whoever only reads the status knows how it stands.
http_response report(const cluster::move_report& of, bool json) {
  static constexpr std::array<unsigned, 4> statuses = {404, 202, 200, 409};
  const unsigned status = statuses[static_cast<std::size_t>(of.stands)];
  if (json) return {status, in_json(of) + "\n", "application/json"};
  return {status, in_words(of) + "\n"};
}

http_response refusal(unsigned status, const std::string& why) {
  return {status, why + "\n"};
}

std::string named(const http_request& request, std::string_view name) {
  return std::string(request.parameter(name).value_or(""));
}

// Milliseconds; none: not said. The error is a sentence.
std::expected<std::optional<std::chrono::milliseconds>, std::string> read_patience(
    const http_request& request) {
  const std::string text = named(request, "wait_ms");
  if (text.empty()) return std::nullopt;
  std::int64_t ms = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), ms);
  const bool read = wrong == std::errc() && end == text.data() + text.size();
  if (!read || ms <= 0 || std::chrono::milliseconds(ms) > patience_max)
    return std::unexpected("wait_ms is to be a number of milliseconds, an hour at most, and is " +
                           text);
  return std::chrono::milliseconds(ms);
}

}  // namespace

// Only in one cluster can a name be left out.
std::expected<std::size_t, std::string> service::find_cluster(const http_request& request) const {
  const std::string name = named(request, "cluster");
  std::string all;
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    const std::string& each = parts_.watches[i].cluster;
    if (each == name || (name.empty() && watches_.size() == 1)) return i;
    all += (all.empty() ? "" : ", ") + each;
  }
  return std::unexpected((name.empty() ? "say in which cluster" : "no cluster is called " + name) +
                         "; there are " + all);
}

http_response service::begin_switchover(const http_request& request) {
  const auto which = find_cluster(request);
  if (!which) return refusal(404, which.error());
  const auto patience = read_patience(request);
  if (!patience) return refusal(400, patience.error());
  const auto begun = keepers_[*which]->move_lead({
      .to = named(request, "to"),
      .leave_outside = named(request, "leave_outside") == "yes",
      .patience = *patience,
  });
  if (!begun) return refusal(409, begun.error());
  return report(*begun, false);
}

http_response service::tell_switchover(const http_request& request, bool json) const {
  const auto which = find_cluster(request);
  if (!which) return refusal(404, which.error());
  return report(keepers_[*which]->moved(), json);
}

http_response service::drain_member(const http_request& request) {
  const auto which = find_cluster(request);
  if (!which) return refusal(404, which.error());
  const bool back = named(request, "back") == "yes";
  const auto done = watches_[*which]->drain(named(request, "member"), !back);
  if (!done) return refusal(409, done.error());
  return {200, *done + "\n"};
}

// For load balancers and health checks: 200 where it leads, or serves reads.
http_response service::tell_member(const http_request& request) const {
  const std::string name = request.path.substr(request.path.rfind('/') + 1);
  const std::string only = named(request, "cluster");
  const std::string role = named(request, "role");
  for (const auto& watch : watches_) {
    const routing::view now = watch->now();
    if (!only.empty() && now->cluster != only) continue;
    for (std::size_t i = 0; i < now->members.size(); ++i) {
      const routing::member_view& each = now->members[i];
      if (each.name != name) continue;
      const bool leads = now->leader == i;
      const bool well = (leads && role != "follower") || (each.serves_reads && role != "leader");
      return {well ? 200U : 503U, each.name + " " + each.reason + "\n"};
    }
  }
  return {404, "no member is called " + name + "\n"};
}

void service::add_order_routes(metrics::routes& paths) {
  using metrics::access;
  paths.add("GET", "/member/",
            [this](const http_request& request) { return tell_member(request); });
  for (const bool json : {false, true})
    paths.add("GET", json ? "/switchover.json" : "/switchover",
              [this, json](const http_request& request) { return tell_switchover(request, json); });
  paths.add(
      "POST", "/switchover",
      [this](const http_request& request) { return begin_switchover(request); }, access::order);
  paths.add(
      "POST", "/drain", [this](const http_request& request) { return drain_member(request); },
      access::order);
}

}  // namespace skein::cli
