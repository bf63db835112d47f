// The sentences of routing/plan.hpp: of a plan, for people.
#include <string>

#include "routing/plan.hpp"
#include "routing/route.hpp"

namespace skein::routing {

namespace {

using to = destination::kind;

std::string quoted(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

std::string to_text(std::chrono::milliseconds time) {
  const auto count = time.count();
  return count % 1000 == 0 && count > 0 ? std::to_string(count / 1000) + " s"
                                        : std::to_string(count) + " ms";
}

const destination& where_to(const request& asked) {
  static const destination unsaid = {};
  return asked.ruled ? *asked.ruled : unsaid;
}

std::string nobody(const destination& where) {
  if (where.to == to::member) return "member " + quoted(where.name) + " does not";
  if (where.to == to::zone) return "nobody in zone " + quoted(where.name);
  return "no follower";
}

std::string somebody(const destination& where) {
  if (where.to == to::member) return "member " + quoted(where.name);
  if (where.to == to::zone) return "a follower in zone " + quoted(where.name);
  return "a follower";
}

// What a follower would have to show.
std::string what_is_owed(const request& asked) {
  if (asked.fresh == freshness::global) return "all that was written before";
  if (asked.shared == moment{}) return "what this session has written or seen";
  return "what this session, or one that shares its key, has written or seen";
}

std::string nobody_shows(const request& asked, const policy& ours) {
  const destination& where = where_to(asked);
  if (asked.fresh == freshness::bounded) {
    const auto who =
        where.to == to::member ? "member " + quoted(where.name) + " is not" : nobody(where) + " is";
    return who + " known to be at most " + to_text(ours.bound) + " behind";
  }
  return nobody(where) + (where.to == to::member ? " show" : " shows") + " yet " +
         what_is_owed(asked);
}

// At a word's end: the whole of it stands in the list of the members.
std::string shortened(const std::string& text) {
  constexpr std::size_t room = 60;
  if (text.size() <= room) return text;
  const auto space = text.rfind(' ', room);
  return text.substr(0, space == std::string::npos ? room : space) + " ...";
}

std::string why_out(const member_view& member, std::size_t i, const request& asked) {
  if (!member.serves_reads) return shortened(member.reason);
  if (i >= balanced_members_max) return "is beyond the members that are balanced";
  if (asked.shunned >> i & 1) return "has just failed this statement";
  return "has no weight";
}

std::string why_none_fits(const request& asked, const cluster_view& now) {
  constexpr std::size_t told_max = 3;
  const destination& where = where_to(asked);
  std::string told;
  std::size_t out = 0;
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const member_view& member = now.members[i];
    if (now.leader == i) continue;
    if (where.to == to::member && member.name != where.name) continue;
    if (where.to == to::zone && member.zone != where.name) continue;
    if (where.to == to::member)
      return "member " + quoted(where.name) + " may not serve reads: it " +
             why_out(member, i, asked);
    if (++out > told_max) continue;
    told += (out > 1 ? "; " : "") + member.name + " " + why_out(member, i, asked);
  }
  if (out > told_max) told += "; and " + std::to_string(out - told_max) + " more";
  if (out == 0 && where.to == to::member) return "there is no member " + quoted(where.name);
  if (out == 0 && where.to == to::zone) return "no follower is in zone " + quoted(where.name);
  if (out == 0) return "there is no follower";
  return nobody(where) + " may serve reads: " + told;
}

// `now`: by which it is decided; null: it was decided earlier, and who could serve is forgotten.
std::string why_there(reason why, bool to_leader, const request& asked, const policy& ours,
                      const cluster_view* now) {
  const bool begins = asked.facts && asked.facts->where == place::transaction;
  const std::string reads = begins ? "its transaction only reads" : "it only reads";
  switch (why) {
    case reason::of_statement:
      if (!asked.facts) return "what it does is not known";
      return asked.facts->why.empty() ? "only the leader may run it" : asked.facts->why;
    case reason::unsure:
      return std::string(asked.unsure);
    case reason::setting:
      if (asked.fresh == freshness::global && begins)
        return reads +
               ", but stays where it begins, and each read is owed all that was written before";
      return reads + ", but the settings want the leader (" +
             (asked.fresh == freshness::leader ? "freshness" : "reads") + ": leader)";
    case reason::balanced:
      return to_leader ? reads + ", and the leader serves reads too" : reads;
    case reason::same_member:
      return reads + ", and this session reads there (others may show less)";
    case reason::not_fresh:
      return reads + ", but " + nobody_shows(asked, ours);
    case reason::none_fit:
      return reads + ", but " + (now ? why_none_fits(asked, *now) : "nobody else could serve it");
    case reason::ruled:
      return "rule " + quoted(asked.rule) + " says so";
    case reason::hinted:
      return "a hint says so";
    case reason::no_leader:
      break;
  }
  return "it has waited until somebody led";
}

std::string refusal(const plan& made, const request& asked, const policy& ours,
                    const cluster_view& now) {
  if (made.why != reason::not_fresh) return no_leader(now);
  return "cluster " + quoted(now.cluster) + " has no leader, and " + nobody_shows(asked, ours) +
         ": " + now.reason;
}

}  // namespace

std::string sentence(const plan& made, const request& asked, const policy& ours,
                     const cluster_view& now) {
  const destination& where = where_to(asked);
  if (made.what == plan::act::refuse) return refusal(made, asked, ours, now);
  if (made.what == plan::act::wait)
    return "waits up to " + to_text(ours.wait) + " until " + somebody(where) + " shows " +
           what_is_owed(asked);
  const char* kind = where.to == to::member ? "member " : "follower ";
  if (now.leader == made.member) kind = "leader ";
  return std::string("to ") + kind + quoted(now.members[made.member].name) + ": " +
         why_there(made.why, now.leader == made.member, asked, ours, &now);
}

std::string sentence(const past_plan& done, const policy& ours) {
  if (done.refused) return "refused by rule " + quoted(done.rule);
  const request asked{.facts = done.facts,
                      .unsure = done.unsure,
                      .rule = done.rule,
                      .fresh = done.fresh,
                      .shared = done.shared ? moment::min() : moment{}};
  return (done.led ? "to leader " : "to follower ") + quoted(done.member) + ": " +
         why_there(done.why, done.led, asked, ours, nullptr);
}

}  // namespace skein::routing
