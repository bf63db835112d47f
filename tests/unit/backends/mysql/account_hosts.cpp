// Hosts of accounts, places, and which account a server would take.
#include "backends/mysql/account_hosts.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace skein::mysql;

TEST_CASE("a host fits places as the server has it") {
  struct row {
    const char* host;
    const char* place;
    bool fits;
  };
  for (const auto& [host, place, fits] :
       std::vector<row>{{"%", "10.0.0.7", true},
                        {"", "10.0.0.7", true},
                        {"10.0.0.7", "10.0.0.7", true},
                        {"10.0.0.7", "10.0.0.70", false},
                        {"10.0.%", "10.0.0.7", true},
                        {"10.0.%", "10.1.0.7", false},
                        {"%.example.com", "db.EXAMPLE.com", true},
                        {"%.example.com", "example.com", false},
                        {"db_.example.com", "db1.example.com", true},
                        {"db_.example.com", "db12.example.com", false},
                        {"%b%b%", "abcbc", true},
                        {"%b%bd", "abcbc", false},
                        {"localhost", "localhost", true},
                        {"localhost", "127.0.0.1", false},
                        {"192.58.197.0/255.255.255.0", "192.58.197.9", true},
                        {"192.58.197.0/255.255.255.0", "192.58.198.9", false},
                        {"192.58.196.0/22", "192.58.199.9", true},
                        {"192.58.196.0/22", "192.58.200.9", false},
                        {"2001:db8::/32", "2001:db8:1::5", true},
                        {"2001:db8::/32", "2001:db9::5", false},
                        {"10.0.0.0/99", "10.0.0.7", false},
                        {"10.0.0.0/none", "10.0.0.7", false},
                        {"10.0.0.0/8", "db.example.com", false}}) {
    CAPTURE(host);
    CAPTURE(place);
    CHECK(host_fits(host, place) == fits);
  }
}

TEST_CASE("of several accounts the most specific that fits is taken") {
  struct row {
    std::vector<std::string> hosts;
    const char* place;
    const char* taken;  // empty: none
  };
  for (const auto& [hosts, place, taken] :
       std::vector<row>{{{"%", "10.0.0.7"}, "10.0.0.7", "10.0.0.7"},
                        {{"%", "10.0.0.7"}, "10.0.0.8", "%"},
                        {{"10.%", "10.0.%", "%"}, "10.0.0.7", "10.0.%"},
                        {{"10.0.0.0/24", "10.0.0.%"}, "10.0.0.7", "10.0.0.0/24"},
                        {{"10.0.0.0/24", "10.0.0.7"}, "10.0.0.7", "10.0.0.7"},
                        {{"", "%"}, "10.0.0.7", "%"},
                        {{"10.0.0.8", "10.0.0.9"}, "10.0.0.7", ""},
                        {{"10.0.0.8"}, "10.0.0.7", "10.0.0.8"},
                        {{}, "10.0.0.7", ""}}) {
    const auto found = account_for(hosts, place);
    CHECK((found ? hosts[*found] : std::string()) == taken);
  }
}
