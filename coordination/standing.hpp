// Where one Skein stands among several, from what it has read in etcd: may it decide, until when
// may it acknowledge writes, whom is waited for, what is wrong. Functions over values: no sockets,
// no clock; coordination/council reads and writes and does as it is told here.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordination/boot_clock.hpp"
#include "coordination/etcd_messages.hpp"
#include "coordination/lead_record.hpp"

namespace skein::coordination {

// One key as it was read: `Value` or why nobody here can read it.
template <typename Value>
struct noted {
  std::expected<Value, bad_record> value = Value{};
  std::int64_t created = 0;  // revisions
  std::int64_t changed = 0;
  std::int64_t lease = 0;

  bool operator==(const noted&) const = default;
};

// All keys of one cluster, as they stood at one revision.
struct picture {
  std::int64_t revision = 0;
  std::uint64_t term = 0;  // of etcd's own leader
  std::optional<noted<lead_record>> lead = {};
  std::optional<noted<std::string>> decider = {};       // the id of who decides
  std::map<std::string, noted<presence>> present = {};  // by id
};

// The lease under which this Skein's keys stand. etcd's servers may misjudge one after their own
// leader has changed (one that was paused may count late renewals, or end leases that it believes
// to have run out), so it is trusted only within the term in which it was granted; see `confirms`.
struct tenure {
  std::int64_t lease = 0;  // 0: none
  std::uint64_t term = 0;  // the highest that had been seen before it was granted
  std::int64_t since = 0;  // the revision in which the keys were put under it
  boot_time until = {};    // proven: before this moment etcd does not end it
};

// A renewal counts from when it was *sent*, minus what clocks may differ, and only if a read that
// was sent after its answer finds the same term and this Skein's key under the lease.
boot_time lease_end(boot_time sent, std::chrono::milliseconds ttl);
bool confirms(const tenure& held, std::uint64_t renewal_term, const picture& read,
              const std::string& self);
// It must be granted anew, in the term that is now.
bool outdated(const tenure& held, const picture& read);
// Whether this Skein's key is there; once it has gone, the lease is nothing any more.
bool is_there(const picture& read, const std::string& self);

// When something was written of this cluster last, as far as keys that are there tell.
std::int64_t newest_change(const picture& seen);

// What one Skein knows.
struct knowledge {
  std::string cluster = {};
  std::string self = {};  // its id
  std::vector<std::string> members = {};
  picture seen = {};
  bool met = false;  // `seen` has been read
  tenure held = {};
  std::uint64_t highest_epoch = 0;  // ever seen here
  std::uint64_t acknowledged = 0;   // by its cores
  bool willing = true;
  bool retired = false;
  std::string chore_trouble = {};  // why what is to be written could not be
  std::string etcd_trouble = {};   // one sentence; empty: it answers
};

struct outlook {
  bool decides = false;
  boot_time decides_until = {};
  boot_time writes_until = {};  // only for writes of lead->epoch
  std::optional<lead_record> lead = {};
  bool may_promote = false;  // it decides, an epoch is announced, all have acknowledged it
  std::vector<std::string> not_yet = {};  // ids of those who have not
  std::vector<std::string> present = {};  // ids of all Skeins that are there
  std::string self = {};
  std::string decider = {};  // the id of who decides; empty: nobody
  std::string trouble = {};  // what is wrong and what to do; empty: nothing
  bool operator==(const outlook&) const = default;
};
outlook look_out(const knowledge& known);

// What is to be written next for this Skein's own keys.
enum class chore : std::uint8_t {
  none,
  take_lease,   // none is held, it is outdated, or the key under it has gone
  acknowledge,  // the present key says less than its cores have acknowledged
  stand,        // nobody decides: take the office, if still nobody has
  resign,       // it holds the office and should not
};
chore next_chore(const knowledge& known);

// Why this Skein may not announce, hold or settle now; nothing: it may.
std::optional<std::string> refuse_to_announce(const knowledge& known, boot_time now);
std::optional<std::string> refuse_to_hold(const knowledge& known, boot_time now);
std::optional<std::string> refuse_to_settle(const knowledge& known, boot_time now);
std::uint64_t next_epoch(const knowledge& known);
// By the record, or by the one before it; empty: it does not say.
std::string who_led(const knowledge& known);

// What a person is told of trouble with etcd, and what to do about it.
struct etcd_access {
  std::string user = {};
  std::string prefix = {};
};
std::string advise(const etcd_error& what, const etcd_access& ours);

}  // namespace skein::coordination
