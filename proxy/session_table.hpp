// The sessions of a core by number, so that a cancel finds its session from any connection: the
// number names core and place, the secret proves that the asker may. Where one process has taken
// another's place, the number also tells which of the two it was.
//
// A wire without secrets names sessions by numbers from 2^30 on, which servers, who count from 1,
// hardly reach: a server's own number must not hit a session of ours. Who may is another's to say,
// and a number that is free again is not given away soon.
//
// No number has the highest bit: drivers keep it as a signed one, show it as a process's, and name
// it in a KILL.
#pragma once

#include <deque>
#include <vector>

#include "backends/login.hpp"

namespace skein::proxy {

class session;

class session_table {
 public:
  explicit session_table(unsigned core) : core_(core) {}
  static unsigned core_of(std::uint32_t id) { return (id >> place_bits) & (cores_max - 1); }
  static unsigned generation_of(std::uint32_t id) { return id >> generation_at & last_generation; }
  static constexpr unsigned generation_after(unsigned one) { return (one + 1) & last_generation; }
  static constexpr unsigned cores_max = 1 << 8;
  static constexpr std::size_t places_max = 1 << 19;

  // Before the first key.
  void set_generation(unsigned number) { generation_ = number & last_generation; }
  unsigned generation() const { return generation_; }
  // A key with a random secret of that many bytes; nullopt: the table is full.
  std::optional<cancel_key> add(session& who, std::size_t secret_bytes);
  std::optional<cancel_key> add_without_secret(session& who);
  void remove(const cancel_key& key);
  session* find(const cancel_key& key) const;  // null: gone, or the secret is wrong
  session* find_without_secret(std::uint32_t id) const;
  static bool needs_no_secret(std::uint32_t id) { return (id & without_secret) != 0; }
  std::vector<session*> all() const;
  std::size_t size() const { return used_; }

 private:
  static constexpr unsigned place_bits = 19;
  static constexpr unsigned generation_at = 27;
  static constexpr std::uint32_t without_secret = std::uint32_t{1} << 30;
  static constexpr std::size_t resting_min = 4096;
  static constexpr unsigned last_generation = 7;
  struct entry {
    session* who = nullptr;
    std::string secret = {};
  };
  std::optional<std::uint32_t> take_place();
  bool is_here(std::uint32_t id) const;

  unsigned core_;
  unsigned generation_ = 0;
  std::size_t used_ = 0;
  std::vector<entry> places_ = {};
  std::vector<std::uint32_t> free_ = {};
  std::deque<std::uint32_t> resting_ = {};  // free, of sessions without a secret, for some time yet
};

}  // namespace skein::proxy
