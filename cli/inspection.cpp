#include "cli/inspection.hpp"

#include <algorithm>

namespace skein::cli {

namespace {

std::string words_of(const error& why) {
  std::string heard = why.detail_for_log.substr(0, why.detail_for_log.find('\n'));
  return heard.empty() ? why.text_for_client : why.text_for_client + ": " + heard;
}

class inspector {
 public:
  inspector(const std::vector<member_answer>& all, bool moved) : all_(all), moved_(moved) {}

  inspection inspect() {
    for (const member_answer& each : all_) look_at(each);
    for (std::size_t i = 0; i < all_.size(); ++i)
      for (std::size_t k = i + 1; k < all_.size(); ++k) compare(all_[i], all_[k]);
    count_leaders();
    return std::move(out_);
  }

 private:
  const duties* duties_of(const member_answer& one) const {
    return one.told && *one.told ? &**one.told : nullptr;
  }
  void wrong(std::string text) { out_.findings.push_back({true, std::move(text)}); }
  void advise(std::string text) { out_.findings.push_back({false, std::move(text)}); }

  void look_at(const member_answer& one) {
    std::string does = "out";
    if (!one.seen) {
      wrong(one.name + " (" + to_string(one.address) + "): " + words_of(one.seen.error()));
    } else {
      does = one.seen->role == member_role::leader ? "leads" : "follows" + source_of(one);
      does += ", version " + one.seen->server_version;
    }
    out_.members.push_back(one.name + "  " + to_string(one.address) + "  " + does);
    if (one.seen && one.told && !*one.told)
      wrong(one.name + " takes no orders about the lead: " + words_of(one.told->error()) +
            " (see `skein grants --feature failover`)");
    if (const auto* told = duties_of(one); told && one.seen) judge(one, *told);
  }
  void judge(const member_answer& one, const duties& told) {
    if (!told.unfit.empty()) wrong(one.name + " " + told.unfit);
    if (!told.cannot_apply.empty()) advise(one.name + ": " + told.cannot_apply);
    if (!told.remark.empty()) advise(one.name + ": " + told.remark);
    if (told.fenced)
      advise(one.name + " takes no writes and follows nobody: it was fenced, or told so by hand");
    if (told.source && !named_at(*told.source))
      advise(one.name + " follows " + to_string(*told.source) +
             ", which is no member by that address: list it so, or have " + one.name +
             " follow one that is listed");
    if (moved_ && !one.follows_while_it_runs && !one.hooks)
      advise(one.name +
             " has no hooks: if it loses the lead a person brings it back (`skein rejoin " +
             one.name + "`)");
  }
  const member_answer* named_at(const member_address& where) const {
    const auto found = std::ranges::find(all_, where, &member_answer::address);
    return found == all_.end() ? nullptr : &*found;
  }
  std::string source_of(const member_answer& one) const {
    const auto* told = duties_of(one);
    if (!told || !told->source) return {};
    const auto* known = named_at(*told->source);
    return " " + (known ? known->name : to_string(*told->source));
  }

  void compare(const member_answer& one, const member_answer& other) {
    if (!one.seen || !other.seen) return;
    const std::string both = one.name + " and " + other.name;
    const auto* told = duties_of(one);
    const auto* of_other = duties_of(other);
    const bool same_identity =
        !told || !of_other || told->server_identity == of_other->server_identity;
    const auto same_text = [](const std::string& a, const std::string& b) {
      return !a.empty() && a == b;
    };
    const bool same_start = one.seen->started_at_us != 0 &&
                            one.seen->started_at_us == other.seen->started_at_us &&
                            one.seen->role == other.seen->role;
    if (told && of_other && same_text(told->server_identity, of_other->server_identity)) {
      wrong(both + " say that they are one server (" + told->server_identity +
            "): list it once, or give the copy an identity of its own");
    } else if (same_start && same_identity && one.seen->written == other.seen->written) {
      wrong(both + " are one server, started in the same microsecond: list it once");
    }
    if (told && of_other && !told->cluster_identity.empty() &&
        !of_other->cluster_identity.empty() && told->cluster_identity != of_other->cluster_identity)
      wrong(both + " are of different clusters (" + told->cluster_identity + ", " +
            of_other->cluster_identity + "): list those of one, or make one a copy of the other");
  }
  void count_leaders() {
    std::string who;
    int count = 0;
    bool all_seen = true;
    for (const member_answer& each : all_) {
      all_seen = all_seen && each.seen;
      if (!each.seen || each.seen->role != member_role::leader) continue;
      who += (count++ == 0 ? "" : " and ") + each.name;
    }
    if (count > 1)
      wrong(who +
            " take writes: nothing is sent to either until only one does; stop the wrong "
            "one, or make it a follower");
    if (count == 0 && all_seen) wrong("nobody takes writes: promote one of them");
  }

  const std::vector<member_answer>& all_;
  const bool moved_;
  inspection out_ = {};
};

}  // namespace

bool inspection::good() const {
  return std::ranges::none_of(findings, &finding::wrong);
}

inspection inspect(const std::vector<member_answer>& all, bool moved) {
  return inspector(all, moved).inspect();
}

}  // namespace skein::cli
