// What two Skeins say to each other while one takes the other's place, as bytes. Pure. The newer
// one speaks first:
//
//   hello ->              which versions of this it speaks
//   <- offer, door ...    one door message for each listening socket, which comes along with it
//   serving ->            it serves, by these of the doors
//   <- yours              the older one accepts no more, and drains; or `refused`, at any time
//   before cancel ->, <- cancelled, <- left      until the older one has ended
//   before order ->, <- obeyed                   from version 2 on
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace skein::handover {

inline constexpr std::uint16_t version_oldest = 1;  // that we speak
inline constexpr std::uint16_t version_newest = 2;
inline constexpr std::uint16_t version_of_orders = 2;
inline constexpr std::size_t frame_bytes_max = 16UZ * 1024;
inline constexpr std::size_t doors_max = 4096;

struct hello {
  std::uint16_t oldest = version_oldest;
  std::uint16_t newest = version_newest;
  bool operator==(const hello&) const = default;
};

struct offer {
  std::uint16_t version = version_newest;
  std::uint8_t generation = 0;  // of the newer one, in its cancel keys
  bool ready = false;           // whether the older one can serve
  std::uint16_t doors = 0;      // that follow
  bool operator==(const offer&) const = default;
};

enum class door_use : std::uint8_t { clients, admin, takeover };

struct door {
  door_use use = door_use::clients;
  std::string bind = {};  // as the older one's settings have it
  bool operator==(const door&) const = default;
};

struct serving {
  std::vector<std::uint16_t> kept = {};  // which of the doors, in their order
  bool operator==(const serving&) const = default;
};

struct yours {
  bool operator==(const yours&) const = default;
};

struct refused {
  std::string why = {};
  bool operator==(const refused&) const = default;
};

// Of a session of the older one, or of one before it.
struct cancel {
  std::uint32_t number = 0;  // of this request
  std::uint32_t id = 0;
  std::string secret = {};
  bool operator==(const cancel&) const = default;
};

struct cancelled {
  std::uint32_t number = 0;
  bool operator==(const cancelled&) const = default;
};

// Now and then: how many clients it still has. So silence means that it hangs.
struct left {
  std::uint32_t clients = 0;
  bool operator==(const left&) const = default;
};

// The same by a session's number alone, for who is the same user of the same cluster.
struct order {
  std::uint32_t number = 0;  // of this request
  std::uint32_t id = 0;
  bool for_good = false;
  std::string cluster = {};
  std::string user = {};
  bool operator==(const order&) const = default;
};

enum class order_outcome : std::uint8_t { done, no_such_session, not_the_users_own, failed };

struct obeyed {
  std::uint32_t number = 0;
  order_outcome how = order_outcome::done;
  bool operator==(const obeyed&) const = default;
};

using message = std::variant<hello, offer, door, serving, yours, refused, cancel, cancelled, left,
                             order, obeyed>;

// Texts and lists are cut to what a frame holds.
std::string encode(const message& what);
// Eats one message from the front; nullopt: not all of it is there. The error is a sentence.
std::expected<std::optional<message>, std::string> decode(std::string_view& input);

// Which version both speak.
std::optional<std::uint16_t> common_version(const hello& asked);

}  // namespace skein::handover
