// Who waits for a server connection and who is next: first come, first served. Only a connection
// that comes back and fits a later one as it is may go past the first, for whom it would have to be
// closed and another opened. Pure: no sockets, no clock, no lock. The budget asks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace skein::proxy {

class waiting_line {
 public:
  // So often whoever is first is passed over, and no more: a waiter that found n before it sees at
  // most (n + 1) times as many go past it that came later.
  static constexpr unsigned overtakings_max = 8;

  // A connection of `core` fits who waits there for the same key and epoch.
  struct fit {
    unsigned core = 0;
    std::string_view key = {};  // lives as long as the one who waits
    std::uint64_t epoch = 0;
    bool operator==(const fit&) const = default;
  };
  struct turn {
    std::uint64_t ticket = 0;
    unsigned core = 0;
  };
  enum class fate : std::uint8_t {
    stays,      // nobody waits for it or its place
    handed_on,  // to the holder of `ticket`, who has left the line
    closes,     // its place is for who is next
  };
  struct verdict {
    fate what = fate::stays;
    std::uint64_t ticket = 0;
  };

  // The ticket is the place in the line. It is drawn once (0: none yet): who comes back with it
  // stands where it stood before.
  std::uint64_t join(std::uint64_t ticket, const fit& wanted);
  void leave(std::uint64_t ticket) { line_.erase(ticket); }
  // A place has come free: for the first, which leaves the line.
  std::optional<turn> next();
  // A connection has come back. Of those who wait so many have a place (`places`) and wait for
  // leave to sign in: where that is all of them nothing need be closed, and nobody is overtaken.
  verdict offer(const fit& back, std::size_t places = 0);
  std::size_t size() const { return line_.size(); }

 private:
  struct waiter {
    fit wanted;
    unsigned overtaken = 0;
  };
  std::uint64_t drawn_ = 0;
  std::map<std::uint64_t, waiter> line_ = {};  // by ticket
};

}  // namespace skein::proxy
