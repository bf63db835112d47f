// What a seat reads from etcd and writes there: rounds of renewal, the bell, and the lead.
#include "coordination/seat.hpp"

#include <algorithm>
#include <utility>

namespace skein::coordination {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// Often enough that several may fail before the lease is short.
milliseconds pause_of(milliseconds lease) {
  return lease / 8;
}

// Of rounds and streams that failed; logins that fail cost etcd much.
milliseconds pause_after_failure(milliseconds lease) {
  return lease / 32;
}

constexpr int chores_at_once = 6;

}  // namespace

void seat::renew() {
  auto next = steady_clock::now();
  milliseconds left{0};
  while (rest(left)) {
    const bool due = steady_clock::now() >= next;
    if (due) next = steady_clock::now() + pause_of(settings_.lease);
    const bool good = round(due);
    publish();
    if (!good) next = std::min(next, steady_clock::now() + pause_after_failure(settings_.lease));
    left = std::chrono::ceil<milliseconds>(next - steady_clock::now());
    left = std::max(left, milliseconds(0));
  }
}

bool seat::round(bool due) {
  renewer_.set_deadline(steady_clock::now() + settings_.lease);
  if (known().retired) {
    publish();  // before others may go on
    return give_up();
  }
  if (due) keep_alive();
  bool seen = look(renewer_, std::exchange(renewal_, {}));
  for (int i = 0; seen && i < chores_at_once; ++i) {
    const chore next = next_chore(known());
    if (next == chore::none) {
      chores_done();
      return true;
    }
    publish();
    if (!do_chore(next)) return false;
    seen = look(renewer_, std::exchange(renewal_, {}));
  }
  return seen;
}

// Only the read that follows says whether it counts, and whether the lease is there.
void seat::keep_alive() {
  const tenure held = known().held;
  if (held.lease == 0) return;
  const boot_time sent = boot_clock::now();
  const auto answer = renewer_.keep_alive(held.lease);
  if (!answer || answer->ttl_s == 0) return;
  renewal_ = {answer->header.term, lease_end(sent, std::chrono::seconds(answer->ttl_s))};
}

bool seat::look(etcd_client& by, const std::optional<renewal>& renewed) {
  const std::int64_t before = known().seen.revision;
  const auto answer = by.read(keys_.folder);
  if (!answer) return complain(answer.error());
  absorb(picture_of(*answer, keys_), before, renewed);
  return true;
}

bool seat::commit(const txn& what) {
  const auto answer = renewer_.commit(what);
  return answer ? true : complain_of_chore(answer.error());  // not done: the next read says why
}

txn::put seat::presence_under(std::int64_t lease, std::uint64_t acknowledged) const {
  return {own_key(), to_text(presence{acknowledged, host_}), lease};
}

// What cannot be given back ends by itself.
void seat::let_go(std::int64_t lease) {
  [[maybe_unused]] const auto ended = renewer_.revoke(lease);
}

// The keys move to a new lease in one step. Where that step's answer is lost, the next read shows
// under which they stand, and they move once more.
bool seat::take_lease(const knowledge& known) {
  const auto own = known.seen.present.find(id_);
  const bool there = own != known.seen.present.end();
  const boot_time sent = boot_clock::now();
  const auto granted = renewer_.grant(std::chrono::ceil<std::chrono::seconds>(settings_.lease));
  if (!granted) return complain_of_chore(granted.error());
  using compare = txn::compare;
  txn what;
  what.when.push_back({own_key(), compare::what::created, there ? own->second.created : 0});
  what.puts.push_back(presence_under(granted->lease, known.acknowledged));
  const auto& decider = known.seen.decider;
  if (there && decider && decider->value == id_) {
    what.when.push_back({keys_.decider, compare::what::created, decider->created});
    what.puts.push_back({keys_.decider, id_, granted->lease});
  }
  const auto moved = renewer_.commit(what);
  if (!moved) return complain_of_chore(moved.error());
  if (!moved->done) {
    let_go(granted->lease);
    return true;
  }
  move_to({.lease = granted->lease,
           .term = known.seen.term,
           .since = moved->header.revision,
           .until = {}});
  renewal_ = {granted->header.term, lease_end(sent, std::chrono::seconds(granted->ttl_s))};
  if (there && own->second.lease != 0) let_go(own->second.lease);
  return true;
}

bool seat::do_chore(chore next) {
  const knowledge known = this->known();
  using compare = txn::compare;
  const auto own = known.seen.present.find(id_);
  txn what;
  if (next != chore::take_lease && own == known.seen.present.end()) return true;
  switch (next) {
    case chore::none:
      return true;
    case chore::take_lease:
      return take_lease(known);
    case chore::acknowledge:
      what.when.push_back({own_key(), compare::what::created, own->second.created});
      what.puts.push_back(presence_under(known.held.lease, known.acknowledged));
      return commit(what);
    case chore::stand:
      what.when.push_back({keys_.decider, compare::what::created, 0});
      what.when.push_back({own_key(), compare::what::created, own->second.created});
      what.puts.push_back({keys_.decider, id_, known.held.lease});
      return commit(what);
    case chore::resign:
      what.when.push_back({keys_.decider, compare::what::created, known.seen.decider->created});
      what.deletes.push_back(keys_.decider);
      return commit(what);
  }
  return true;
}

bool seat::give_up() {
  const std::int64_t lease = known().held.lease;
  if (lease != 0) {
    const auto answer = renewer_.revoke(lease);
    if (!answer && answer.error().kind != etcd_trouble::no_lease) return false;
  }
  const std::lock_guard lock(mutex_);
  known_.held = {};
  given_up_ = true;
  wake_.notify_all();
  return true;
}

// A bell: who hears it reads everything, in one read. Should it be deaf, the rounds of renewal read
// as well, and it is begun anew.
void seat::watch() {
  std::int64_t from = 0;
  milliseconds pause{0};
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, pause, [this] { return ending_; })) return;
    }
    watcher_.set_deadline(steady_clock::now() + settings_.lease);
    const auto begun = watcher_.watch(keys_.folder, from);
    pause = begun ? pause_after_failure(settings_.lease) : pause_of(settings_.lease);
    if (!begun) {
      from = 0;
      continue;
    }
    if (from == 0) {
      const std::lock_guard lock(mutex_);
      ring();
    }
    from = listen(from == 0 ? begun->revision : from - 1);
  }
}

// Until the stream breaks; the revision to go on from, or 0: from whatever there is then.
std::int64_t seat::listen(std::int64_t heard) {
  while (true) {
    const picture before = known().seen;
    watcher_.set_deadline(steady_clock::now() + settings_.lease);
    const auto change = watcher_.next_change();
    if (change) {
      heard = std::max(heard, change->header.revision);
      const std::lock_guard lock(mutex_);
      if (change->events != 0) ring();
      continue;
    }
    const bool deaf = newest_change(before) > heard || known().seen.revision < heard;
    if (change.error().kind == etcd_trouble::compacted || deaf) return 0;
    if (change.error().kind != etcd_trouble::timeout) return heard + 1;
  }
}

std::expected<lead_record, std::string> seat::write_lead(refusal refuse, const maker& make) {
  const std::lock_guard order(speaking_);
  speaker_.set_deadline(steady_clock::now() + settings_.lease);
  // Anew, so that what is compared below is not what a slow bell has left behind.
  if (!look(speaker_, {})) return std::unexpected(known().etcd_trouble);
  const knowledge known = this->known();
  if (const auto why = refuse(known, boot_clock::now())) return std::unexpected(*why);
  lead_record what = make(known);
  what.by = id_;
  using compare = txn::compare;
  txn written;
  written.when.push_back({keys_.decider, compare::what::created, known.seen.decider->created});
  written.when.push_back(
      {keys_.lead, compare::what::changed, known.seen.lead ? known.seen.lead->changed : 0});
  written.puts.push_back({keys_.lead, to_text(what), 0});
  const auto answer = speaker_.commit(written);
  const bool seen = look(speaker_, {});
  publish();
  const auto lead = this->known().seen.lead;
  if (seen && lead && lead->value == what) return what;  // also where the answer was lost
  if (!answer)
    return std::unexpected(advise(answer.error(), {settings_.etcd.user, settings_.prefix}));
  if (answer->done && !seen) return what;
  return std::unexpected("another Skein has changed the lead of cluster '" + settings_.cluster +
                         "' or taken the office meanwhile");
}

}  // namespace skein::coordination
