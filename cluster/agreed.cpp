#include "cluster/agreed.hpp"

#include <algorithm>

namespace skein::cluster {

using coordination::lead_record;
using coordination::lead_state;
using coordination::outlook;

namespace {

std::optional<std::size_t> index_of(const std::string& name,
                                    const std::vector<member_settings>& members) {
  const auto at = std::ranges::find(members, name, &member_settings::name);
  if (at == members.end()) return std::nullopt;
  return static_cast<std::size_t>(at - members.begin());
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& each : names) text += (text.empty() ? "" : ", ") + each;
  return text;
}

std::string waited_for(const outlook& now) {
  return now.not_yet.empty() ? "" : "; these Skeins have yet to hear of it: " + joined(now.not_yet);
}

}  // namespace

agreed_lead agreed_from(const outlook& now, const std::vector<member_settings>& members) {
  agreed_lead out{.writes_until = now.writes_until.time_since_epoch(), .why = now.trouble};
  if (!now.lead) return out;
  const lead_record& lead = *now.lead;
  out.epoch = lead.epoch;
  if (lead.state == lead_state::led) {
    out.member = index_of(lead.member, members);
    out.mark = lead.mark;
    if (lead.held) out.held = lead.why;
    return out;
  }
  out.before = index_of(lead.before, members);
  out.next = index_of(lead.member, members);
  if (!out.why.empty()) return out;
  out.why = (lead.member.empty() ? "the lead is on its way" : lead.member + " is to lead") +
            waited_for(now);
  return out;
}

speech next_speech(const outlook& now, const intention& what,
                   const std::vector<member_settings>& members, std::uint64_t seen) {
  if (!now.decides || !what.member) return speech::nothing;
  // etcd has lost what it had.
  if (!now.lead || now.lead->epoch < seen) return speech::announce;
  if (now.lead->state == lead_state::announced)
    return what.leads && now.may_promote ? speech::settle : speech::nothing;
  if (!what.leads || now.lead->member != members[*what.member].name) return speech::announce;
  if (what.held == now.lead->held) return speech::nothing;
  return what.held ? speech::hold : speech::release;
}

std::string elsewhere(const outlook& now) {
  if (now.decides || now.decider.empty() || now.decider == now.self)
    return "this Skein cannot decide who leads now: " + in_words(now);
  return "Skein " + now.decider + " decides who leads, not this one: ask it there";
}

std::string in_words(const outlook& now) {
  if (!now.trouble.empty()) return now.trouble;
  if (now.present.empty()) return "etcd has not answered yet";
  const std::string count = std::to_string(now.present.size()) +
                            (now.present.size() == 1 ? " Skein is there" : " Skeins are there");
  if (now.decider.empty()) return count + ", none decides who leads";
  return count + ", " + (now.decides ? "this one" : now.decider) + " decides who leads";
}

}  // namespace skein::cluster
