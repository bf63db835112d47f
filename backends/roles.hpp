// What one server has been told to do in its cluster, and the orders that change it: whom it
// follows, that it leads, that it takes no more writes. Blocking, with a deadline for each call: on
// a thread of its own, never on a proxy core. Whether an order is right is decided elsewhere
// (cluster/decide); each may be given again, also by a Skein that does not know of the first time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/error.hpp"
#include "backends/members.hpp"

namespace skein {

// Whom who leads waits for before it acknowledges a commit.
struct assurance {
  unsigned acks = 0;  // so many of the followers have received it; 0: as the server is set up
  std::string own_name = {};                // by which it is counted where it follows
  std::vector<std::string> followers = {};  // the names of the others
};

struct role_settings {
  member_address address = {};
  tls_settings tls = {};
  credentials who = {};       // may do what `skein grants` says of failover
  std::string database = {};  // empty: the engine's own
  std::chrono::milliseconds timeout{2000};
  // As whom followers sign in to who leads. No user: as each of them did until now, as far as it
  // remembers that.
  credentials replicator = {};
  assurance wanted = {};
};

// Who leads since when: Skein's own row on who leads, which followers receive with all else. What
// it has of the time before, by which a Skein that was started later goes on.
struct lead_record {
  std::uint64_t epoch = 0;
  std::string member = {};
  bool operator==(const lead_record&) const = default;
};

// What a server has been told, whether it does that or not.
struct duties {
  bool receives = false;                      // its receiver is to run
  std::optional<member_address> source = {};  // whom it is to follow; empty: nobody
  // Of a follower: all that it has, applied or not, where an observer's `written` is not that.
  std::optional<position> received = {};
  std::string cannot_apply = {};  // a clause: why it does not, though it should
  // A clause: why whom it follows sends it nothing from where it is; empty: it does.
  std::string not_led_on = {};
  // Of who follows nobody, where positions alone do not tell it: covers whoever can be led on by
  // its log.
  std::shared_ptr<const extent> log = {};
  std::string cannot_follow = {};  // a clause: why it would not, if it were told to ...
  bool needs_rejoin = false;       // ... and a rejoiner makes it (backends/rejoin.hpp)
  // So many followers have received what it acknowledges where it leads; 0: none need have.
  unsigned acks = 0;
  // By the names of our followers, where the engine knows them by names; of a follower: it counts.
  bool counted = true;
  // A clause: what a person should know of it, and nothing hangs on; empty: nothing.
  std::string remark = {};
  std::string unfit = {};     // a clause: why it will refuse orders, or what is wanted of it
  bool fenced = false;        // by `fence`, and not led back since ...
  bool fenced_by_us = false;  // ... for certain: no person, nor its settings file, has done that
  // What all servers of one cluster have in common, and what each has alone; empty: no such thing.
  std::string cluster_identity = {};
  std::string server_identity = {};
  // As the last that was written down there says; empty: nothing was, or we may not read it.
  std::optional<lead_record> last_lead = {};
};

class role_changer {
 public:
  virtual ~role_changer() = default;

  virtual result<duties> examine() = 0;
  // A follower receives nothing more, and keeps what it has received. Returns when that is so.
  virtual result<void> stop_receiving() = 0;
  // Who leads acknowledges from now on what so many followers have received; a follower is counted.
  // Where more are wanted than there are, fewer may be asked for meanwhile.
  virtual result<void> assure(unsigned acks) = 0;
  // A follower applies what it has received, then takes writes, as assured as is wanted. True: it
  // does. False: it is on its way, however long that takes: ask again.
  virtual result<bool> promote() = 0;
  // Of who has been promoted, before anybody else writes there: where its history begins, so that
  // a commit of the time before can be told from one that it never had (commit_inquiry). Empty:
  // such servers have no need of it, or no way.
  virtual result<std::string> mark() { return std::string(); }
  // It follows that one from now on, from where it is, and takes no writes. Of a server that was
  // fenced: it is a follower again. error_kind::unsupported: not without being restarted.
  virtual result<void> follow(const member_address& source) = 0;
  // Whether who leads can do that, once it is fenced.
  virtual bool follows_while_it_runs() const { return true; }
  // It takes no more writes, from nobody, and who writes there now hears of it.
  virtual result<void> fence() = 0;
  // Of others, and not ended: what must end before the lead can move without anybody's noticing.
  virtual result<std::size_t> open_transactions() = 0;
  // Of who leads: a small write of our own, which its followers receive.
  virtual result<void> beat() = 0;
  // Of who leads: writes down that it does, unless a later epoch stands there.
  // error_kind::unsupported: we may not, and trying again changes nothing.
  virtual result<void> record_lead(const lead_record& which) = 0;
  // From any thread, for good: what is under way ends with error_kind::shutdown.
  virtual void interrupt() = 0;
};

}  // namespace skein
