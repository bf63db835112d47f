// Who is first of all who wait for a server connection to a member, whatever core they wait on.
// Each core shows the first of its own line; who is about to serve a later one asks here, and it is
// written down whom that passes over. No lock: a core that is alone in having waiters finds all of
// it in its own cache. The waiting lines of the cores share one.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>

namespace skein::proxy {

class front_row {
 public:
  // So often whoever is first is passed over, and no more: a waiter that found n before it sees at
  // most (n + 1) times as many go past it that came later.
  static constexpr unsigned overtakings_max = 8;

  // All rows of a cluster draw from one roll: who changes from one to another stands where it would
  // have stood there.
  using ticket_roll = std::atomic<std::uint64_t>;
  front_row() : front_row(nullptr) {}
  explicit front_row(ticket_roll* shared) : drawn_(shared ? *shared : own_) {}
  front_row(const front_row&) = delete;

  unsigned join();  // a core's number; before anybody waits
  std::uint64_t draw_ticket() { return drawn_.fetch_add(1, std::memory_order_relaxed) + 1; }

  // By that core alone. `ticket` 0: nobody waits there. Returns how often who stood there before
  // has been overtaken.
  unsigned show(unsigned core, std::uint64_t ticket, unsigned overtaken);
  void count(unsigned core, std::size_t waiting) {
    places_[core].waiting.store(waiting, std::memory_order_relaxed);
  }

  bool anybody() const { return waiting_cores_.load() > 0; }
  std::size_t waiting() const;
  std::optional<unsigned> core_of_first() const;

  struct answer {
    bool granted = false;
    std::optional<unsigned> first = {};  // the core of who comes before it; none: nobody waits
  };
  // Whether the holder of `ticket` may be served now (0: for nobody's sake). Where that passes over
  // somebody it counts, unless `freely`.
  answer ask(std::uint64_t ticket, bool freely);

 private:
  // Ticket and count in one word, so that nobody is charged with an overtaking of another.
  static constexpr unsigned count_bits = 8;
  static std::uint64_t ticket_of(std::uint64_t shown) { return shown >> count_bits; }
  static unsigned count_of(std::uint64_t shown) { return shown & ((1U << count_bits) - 1); }

  struct alignas(64) place {
    std::atomic<std::uint64_t> shown{0};
    std::atomic<std::size_t> waiting{0};
  };
  struct seen {
    unsigned core;
    std::uint64_t shown;
  };
  std::optional<seen> first() const;

  std::deque<place> places_ = {};
  std::atomic<unsigned> waiting_cores_{0};
  ticket_roll own_{0};
  ticket_roll& drawn_;
};

}  // namespace skein::proxy
