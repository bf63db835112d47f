// What is written in etcd of one cluster: who leads it, and what each Skein has acknowledged. JSON
// with a format number, so that a Skein meets what a newer one wrote with a sentence. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace skein::coordination {

inline constexpr std::uint64_t record_format = 1;

// announced: nobody leads, `member` is meant to. led: it does.
enum class lead_state : std::uint8_t { announced, led };
std::string_view to_string(lead_state state);

struct lead_record {
  std::uint64_t epoch = 0;
  lead_state state = lead_state::announced;
  std::string member = {};   // by its name in the settings; announced: may be empty
  std::string address = {};  // as people read it
  std::string by = {};       // the Skein that wrote it
  std::string why = {};      // one sentence
  std::string before = {};   // announced: who led last; empty: not known
  bool held = false;         // led: nothing new is begun there, by `why`, before it moves
  std::string mark = {};     // led: where its history began, in its database's words

  bool operator==(const lead_record&) const = default;
};

std::string to_text(const lead_record& what);

enum class unreadable : std::uint8_t { newer, garbage };

struct bad_record {
  unreadable kind = unreadable::garbage;
  std::uint64_t format = 0;  // newer: theirs
};
std::expected<lead_record, bad_record> read_lead_record(std::string_view text);

// What a Skein says of itself, beside its being there.
struct presence {
  std::uint64_t acknowledged = 0;  // it finishes no write of an epoch before this one; 0: none yet
  std::string host = {};

  bool operator==(const presence&) const = default;
};
std::string to_text(const presence& what);
std::expected<presence, bad_record> read_presence(std::string_view text);

}  // namespace skein::coordination
