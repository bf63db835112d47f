// Who may come in by which door, and how they prove who they are: the first rule that fits a client
// decides. Pure; a client_login asks once it knows whom it speaks with.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace skein {

enum class proof_method : std::uint8_t { scram, md5, trust, certificate, reject };
enum class rule_tls : std::uint8_t { any, required, none };

// Where a client comes from, or a range of such places.
struct network {
  enum class family : std::uint8_t { any, local, ip4, ip6 };  // local: a unix socket
  family of = family::any;
  std::array<std::uint8_t, 16> bytes = {};  // the first four of ip4
  unsigned bits = 0;                        // how many of them count

  bool holds(const network& place) const;
  bool operator==(const network&) const = default;
};
// Of an address as text, all bits counting; a v4 address in v6's clothes is v4.
std::optional<network> read_address(std::string_view text);

struct login_rule {
  network from = {};
  std::string user = {};      // empty: any
  std::string database = {};  // empty: any
  rule_tls tls = rule_tls::any;
  proof_method method = proof_method::scram;
  // certificate: the common names that stand for users; without any, the name is the user's.
  std::multimap<std::string, std::string> users_by_name = {};
};

struct newcomer {
  network from = {};
  std::string_view user = {};
  std::string_view database = {};
  bool encrypted = false;
};

// nullptr: none fits, which is as good as `reject`.
const login_rule* first_fit(std::span<const login_rule> rules, const newcomer& who);
// Whether a certificate of that common name may be this user.
bool names_user(const login_rule& rule, const std::string& common_name, std::string_view user);

}  // namespace skein
