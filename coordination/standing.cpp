#include "coordination/standing.hpp"

#include <algorithm>

namespace skein::coordination {

boot_time lease_end(boot_time sent, std::chrono::milliseconds ttl) {
  return sent + ttl - ttl / 10;
}

bool confirms(const tenure& held, std::uint64_t renewal_term, const picture& read,
              const std::string& self) {
  if (held.lease == 0 || renewal_term != held.term || read.term != held.term) return false;
  const auto own = read.present.find(self);
  return own != read.present.end() && own->second.lease == held.lease;
}

bool outdated(const tenure& held, const picture& read) {
  return held.lease != 0 && read.term != held.term;
}

bool is_there(const picture& read, const std::string& self) {
  return read.present.contains(self);
}

std::int64_t newest_change(const picture& seen) {
  std::int64_t newest = 0;
  if (seen.lead) newest = std::max(newest, seen.lead->changed);
  if (seen.decider) newest = std::max(newest, seen.decider->changed);
  for (const auto& [id, each] : seen.present) newest = std::max(newest, each.changed);
  return newest;
}

namespace {

// A record that this Skein understands, or that nobody has written yet.
bool understood(const picture& seen) {
  return !seen.lead || seen.lead->value.has_value();
}

bool in_office(const knowledge& known) {
  const auto& decider = known.seen.decider;
  return known.met && decider && decider->value == known.self && is_there(known.seen, known.self);
}

bool fit_for_office(const knowledge& known) {
  return known.willing && !known.retired && understood(known.seen);
}

const lead_record* lead_of(const knowledge& known) {
  const auto& lead = known.seen.lead;
  return known.met && lead && lead->value ? &*lead->value : nullptr;
}

bool can_lead(const knowledge& known, const std::string& member) {
  return std::ranges::find(known.members, member) != known.members.end();
}

// What its key says, which is what others go by.
std::uint64_t told(const picture& seen, const std::string& self) {
  const auto own = seen.present.find(self);
  if (own == seen.present.end() || !own->second.value) return 0;
  return own->second.value->acknowledged;
}

bool may_write(const knowledge& known, const lead_record& lead) {
  return !known.retired && lead.state == lead_state::led && lead.epoch >= known.highest_epoch &&
         lead.epoch == known.acknowledged && lead.epoch == told(known.seen, known.self) &&
         can_lead(known, lead.member);
}

std::vector<std::string> missing(const picture& seen, std::uint64_t epoch) {
  std::vector<std::string> ids;
  for (const auto& [id, each] : seen.present) {
    if (!each.value || each.value->acknowledged < epoch) ids.push_back(id);
  }
  return ids;
}

std::string about_record(const knowledge& known, const bad_record& what) {
  const std::string key = "the lead of cluster '" + known.cluster + "' as etcd has it";
  if (what.kind == unreadable::newer)
    return key + " is of format " + std::to_string(what.format) +
           ", which a newer Skein has written, and this one knows " +
           std::to_string(record_format) +
           ": it takes no writes here and decides nothing; update it";
  return key +
         " is no record of Skein's: no writes until it is; if nobody else needs the key that ends "
         "in '" +
         known.cluster + "/lead', delete it, or choose another coordination.prefix";
}

std::string find_trouble(const knowledge& known) {
  if (!known.etcd_trouble.empty()) return known.etcd_trouble;
  if (!known.chore_trouble.empty()) return known.chore_trouble;
  if (!known.met) return {};
  if (!understood(known.seen)) return about_record(known, known.seen.lead->value.error());
  for (const auto& [id, each] : known.seen.present) {
    if (!each.value)
      return "what Skein '" + id +
             "' says in etcd cannot be read here, so the lead cannot move while it is there: "
             "update this Skein, or stop that one";
  }
  const lead_record* lead = lead_of(known);
  if (!lead) return {};
  if (lead->epoch < known.highest_epoch)
    return "etcd says epoch " + std::to_string(lead->epoch) + " of cluster '" + known.cluster +
           "', and there has been an epoch " + std::to_string(known.highest_epoch) +
           ": its data are older than that, as after a restore; no writes until the lead is "
           "decided anew";
  if (lead->state == lead_state::led && !can_lead(known, lead->member))
    return "cluster '" + known.cluster + "' is led by '" + lead->member + "' (" + lead->address +
           "), as " + lead->by +
           " says, and the settings here name no such member: no writes until all Skeins have the "
           "same members";
  return {};
}

}  // namespace

outlook look_out(const knowledge& known) {
  outlook out;
  out.self = known.self;
  out.trouble = find_trouble(known);
  if (!known.met) return out;
  for (const auto& [id, each] : known.seen.present) out.present.push_back(id);
  if (known.seen.decider && known.seen.decider->value) out.decider = *known.seen.decider->value;
  out.decides = in_office(known) && fit_for_office(known);
  if (out.decides) out.decides_until = known.held.until;
  const lead_record* lead = lead_of(known);
  if (!lead) return out;
  out.lead = *lead;
  if (lead->state == lead_state::announced) {
    out.not_yet = missing(known.seen, lead->epoch);
    out.may_promote = out.decides && out.not_yet.empty() && lead->epoch >= known.highest_epoch;
  }
  if (may_write(known, *lead)) out.writes_until = known.held.until;
  return out;
}

chore next_chore(const knowledge& known) {
  if (known.retired || !known.met) return chore::none;
  const auto own = known.seen.present.find(known.self);
  if (own == known.seen.present.end() || known.held.lease == 0 ||
      own->second.lease != known.held.lease || outdated(known.held, known.seen))
    return chore::take_lease;
  if (told(known.seen, known.self) < known.acknowledged) return chore::acknowledge;
  if (in_office(known) && !fit_for_office(known)) return chore::resign;
  if (!known.seen.decider && fit_for_office(known)) return chore::stand;
  return chore::none;
}

std::optional<std::string> refuse_to_announce(const knowledge& known, boot_time now) {
  const outlook out = look_out(known);
  if (known.retired) return "this Skein has given up its part in cluster '" + known.cluster + "'";
  if (!out.decides)
    return "this Skein does not decide who leads cluster '" + known.cluster + "'" +
           (out.decider.empty() || out.decider == known.self
                ? (out.trouble.empty() ? std::string() : ": " + out.trouble)
                : ", '" + out.decider + "' does");
  if (now >= out.decides_until)
    return "this Skein's lease in etcd may have run out: " +
           (out.trouble.empty() ? "etcd has not answered in time" : out.trouble);
  return std::nullopt;
}

std::optional<std::string> refuse_to_hold(const knowledge& known, boot_time now) {
  if (auto why = refuse_to_announce(known, now)) return why;
  const lead_record* lead = lead_of(known);
  if (lead && lead->state == lead_state::led) return std::nullopt;
  return "nobody leads cluster '" + known.cluster + "' now";
}

std::optional<std::string> refuse_to_settle(const knowledge& known, boot_time now) {
  if (auto why = refuse_to_announce(known, now)) return why;
  const outlook out = look_out(known);
  if (!out.lead || out.lead->state != lead_state::announced)
    return "no move of the lead of cluster '" + known.cluster + "' has been announced";
  if (out.may_promote) return std::nullopt;
  std::string text = "epoch " + std::to_string(out.lead->epoch) + " of cluster '" + known.cluster +
                     "' has not been acknowledged by";
  for (std::size_t i = 0; i < out.not_yet.size(); ++i)
    text += (i == 0 ? " '" : ", '") + out.not_yet[i] + "'";
  return out.not_yet.empty() ? find_trouble(known) : text;
}

std::uint64_t next_epoch(const knowledge& known) {
  const lead_record* lead = lead_of(known);
  return std::max(known.highest_epoch, lead ? lead->epoch : 0) + 1;
}

std::string who_led(const knowledge& known) {
  const lead_record* lead = lead_of(known);
  if (!lead) return {};
  return lead->state == lead_state::led ? lead->member : lead->before;
}

std::string advise(const etcd_error& what, const etcd_access& ours) {
  switch (what.kind) {
    case etcd_trouble::interrupted:
      return {};
    case etcd_trouble::refused_user:
      if (ours.user.empty())
        return "etcd wants a login (" + what.text +
               "): set coordination.user and coordination.password";
      return "etcd does not let user '" + ours.user + "' in (" + what.text +
             "): correct coordination.user and coordination.password";
    case etcd_trouble::forbidden:
      return "etcd does not let " +
             (ours.user.empty() ? std::string("whoever has no login")
                                : "user '" + ours.user + "'") +
             " read and write below " + ours.prefix + "/ (" + what.text +
             "): grant it: etcdctl role grant-permission ROLE readwrite --prefix=true " +
             ours.prefix + "/";
    case etcd_trouble::full:
      return "etcd is full (" + what.text +
             "), so the lead cannot move: compact and defragment it, then `etcdctl alarm disarm`";
    case etcd_trouble::not_etcd:
      return "what coordination.etcd names is no etcd 3.4 or newer (" + what.text +
             "): name the addresses of its client ports";
    case etcd_trouble::unreachable:
    case etcd_trouble::timeout:
    case etcd_trouble::unavailable:
    case etcd_trouble::unknown:
      return "etcd cannot be used (" + what.text +
             "): without it no write is taken; see that most of its servers run and can be "
             "reached from here";
    default:
      return "etcd refuses to serve this Skein (" + what.text +
             "): without it no write is taken; see etcd's log";
  }
}

}  // namespace skein::coordination
