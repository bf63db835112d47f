// The sessions of a core by number, so that a cancel finds its session from any connection: the
// number names core and place, the secret proves that the asker may. Where one process has taken
// another's place, the number also tells which of the two it was.
#pragma once

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
  static constexpr std::size_t places_max = 1 << 20;

  // Before the first key.
  void set_generation(unsigned number) { generation_ = number & last_generation; }
  unsigned generation() const { return generation_; }
  // A key with a random secret of that many bytes; nullopt: the table is full.
  std::optional<cancel_key> add(session& who, std::size_t secret_bytes);
  void remove(const cancel_key& key);
  session* find(const cancel_key& key) const;  // null: gone, or the secret is wrong
  std::vector<session*> all() const;
  std::size_t size() const { return used_; }

 private:
  static constexpr unsigned place_bits = 20;
  // The highest bit stays free: drivers show the number as a process's, which is not negative.
  static constexpr unsigned generation_at = 28;
  static constexpr unsigned last_generation = 7;
  struct entry {
    session* who = nullptr;
    std::string secret = {};
  };
  unsigned core_;
  unsigned generation_ = 0;
  std::size_t used_ = 0;
  std::vector<entry> places_ = {};
  std::vector<std::uint32_t> free_ = {};
};

}  // namespace skein::proxy
