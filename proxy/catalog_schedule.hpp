// Which database's definitions are read next, and when. What is not known is read at once, what is
// known is looked at again now and then; who changes all the time and who cannot be read waits for
// longer, and more databases than connections may be open take turns. Pure; proxy/catalogs reads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace skein::proxy {

struct catalog_pace {
  std::chrono::milliseconds look_again{5000};  // for what changed without our seeing it
  // Between two readings of one database so many times what the first took: they are a small part
  // of the leader's work, however often its definitions change.
  int rest_of_reading = 20;
  std::chrono::milliseconds rest_min{20};
  std::chrono::milliseconds rest_max{60'000};
  std::chrono::milliseconds retry_first{200};
  std::chrono::milliseconds retry_max{30'000};
  std::chrono::milliseconds passing{5000};     // what is in the way so long is a failure
  std::chrono::milliseconds believed{60'000};  // what was read, while reading it again fails
  std::chrono::milliseconds keep{600'000};     // what was read, when nobody uses the database
  std::chrono::milliseconds linger{30'000};    // the connection, then: clients come and go
  std::size_t kept_max = 1000;                 // databases, in all; those in use stay
  std::size_t readers_max = 8;                 // connections
};

// When one database is read again.
class catalog_times {
 public:
  using time = std::chrono::steady_clock::time_point;
  void succeeded(const catalog_pace& pace, time begun, time ended);
  void failed(const catalog_pace& pace, time begun, time ended);
  // Something stands in its way that may soon be over. False: it has for long.
  bool put_off(const catalog_pace& pace, time begun, time ended);
  // At once, as if for the first time: by another leader, or in another way.
  void begin_anew() {
    not_before_ = look_at_ = {};
    retry_ = {};
    put_off_at_ = {};
  }

  time due(bool known) const { return known ? std::max(look_at_, not_before_) : not_before_; }
  // Nothing has been missed that is not missed while a database is in use all the time.
  bool fresh(time now) const { return now <= look_at_; }
  std::optional<time> read_at() const { return read_at_; }  // the last reading that succeeded

 private:
  std::optional<time> read_at_ = {};
  std::optional<time> put_off_at_ = {};  // first, since the last reading
  time not_before_ = {};
  time look_at_ = {};
  std::chrono::milliseconds retry_{0};
};

// One database, as it is now.
struct catalog_case {
  bool held = false;    // by somebody whose client is in this database
  bool wanted = false;  // a server of it has been lent
  bool open = false;    // there is a connection to read it by
  catalog_times::time due = {};
  catalog_times::time left = {};  // where it is not held: since when
};

// What to do now, by places in the list.
struct catalog_step {
  std::vector<std::size_t> close = {};   // their connections
  std::vector<std::size_t> forget = {};  // all of them, and their connections
  std::optional<std::size_t> read = {};
  catalog_times::time wake = {};  // where there is nothing to read: when there may be
};

// `may_read`: there is somebody to read from.
catalog_step next_step(std::span<const catalog_case> all, const catalog_pace& pace,
                       catalog_times::time now, bool may_read);

}  // namespace skein::proxy
