// What a statement is to routing, as its dialect tells it: where it may run, what it names, why.
// Without its literals: all statements of one form share what is known of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

enum class place : std::uint8_t {
  any,          // it reads what all members share
  transaction,  // it begins a transaction that any member may run
  leader,
};

struct statement_facts {
  place where = place::leader;
  // False: nobody can tell afterwards that it ran, so no read has to wait until it is seen.
  bool may_write = true;
  // It reads, and leaves nothing behind in its session, whatever its literals are.
  bool plain = false;

  // What others keep here, beside what each of them reads anyway. Facts are one core's.
  // Which rules fit it, as the rules of that edition say: by `routing::rules`.
  struct rule_marks {
    std::uint64_t edition = 0;
    std::uint64_t fitting = 0;  // a bit a rule
  };
  mutable rule_marks marks = {};
  // How often statements of this form were sent where, and of the last one what is needed to say
  // why: by `proxy::router`.
  struct route_tally {
    std::uint64_t calls = 0;
    std::uint64_t to_leader = 0;
    std::uint64_t to_followers = 0;
    std::uint64_t again = 0;  // calls that failed before anybody had heard of it, asked elsewhere
    std::chrono::steady_clock::time_point last = {};
    std::string_view unsure = {};
    std::uint16_t member = 0;  // the number of its name, see proxy/name_numbers.hpp
    std::uint16_t rule = 0;    // likewise
    std::uint8_t why = 0;      // a routing::reason
    std::uint8_t fresh = 0;    // a routing::freshness
    bool shared = false;       // others have written what it is owed
    bool led = false;          // that member
    bool refused = false;      // by the rule: it was sent nowhere
  };
  mutable route_tally tally = {};

  std::string why = {};   // a clause, "it locks rows (FOR UPDATE)"; empty unless it is the leader's
  std::string form = {};  // the text without its literals; empty: it could not be read
  std::uint64_t fingerprint = 0;            // of the form, in every process the same; 0: no form
  std::vector<std::string> relations = {};  // that it names, sorted, with schemas where written so
};

// As rules write it; empty: there is none.
inline std::string fingerprint_text(std::uint64_t fingerprint) {
  if (fingerprint == 0) return {};
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; fingerprint >>= 4)
    text[i] = "0123456789abcdef"[fingerprint & 15];
  return text;
}

}  // namespace skein
