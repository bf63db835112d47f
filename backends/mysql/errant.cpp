#include "backends/mysql/errant.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace skein::mysql {

namespace {

void put(std::string& list, const std::string& one) {
  list += (list.empty() ? "" : ",") + one;
}

// Of the same server in the same domain; 0: it knows of none.
std::uint64_t last_known(const domain_log& in, const domain_gtid& like) {
  std::uint64_t last = 0;
  for (const auto* list : {&in.last(), &in.taken().last()})
    for (const domain_gtid& each : *list)
      if (each.domain == like.domain && each.server == like.server)
        last = std::max(last, each.sequence);
  return last;
}

bool knows(const domain_log& one, std::uint32_t domain) {
  const auto in_it = [&](const domain_gtid& each) { return each.domain == domain; };
  return std::ranges::any_of(one.last(), in_it) || std::ranges::any_of(one.taken().last(), in_it);
}

// The last that both have: what one log has of a domain is a line, of which the other has the
// beginning. Sequence 0: nothing.
domain_gtid last_in_both(const std::vector<domain_gtid>& has, const domain_log& other) {
  domain_gtid both{.domain = has.front().domain};
  for (domain_gtid each : has) {
    each.sequence = std::min(each.sequence, last_known(other, each));
    if (each.sequence > both.sequence) both = each;
  }
  return both;
}

void add_domain(const std::vector<domain_gtid>& has, const domain_log& other,
                errant_transactions& out) {
  const domain_gtid both = last_in_both(has, other);
  std::vector<domain_gtid> more;
  for (const domain_gtid& each : has)
    if (each.sequence > both.sequence) more.push_back(each);
  for (const domain_gtid& each : more) {
    domain_gtid first = each;
    first.sequence = both.sequence + 1;
    // Of several that wrote there in turns only the last of each is known, and where the other one
    // was not made from the log not even what it has of them.
    if (more.size() > 1 || (both.sequence == 0 && knows(other, each.domain))) {
      put(out.text, "up to " + to_string(each));
    } else {
      put(out.text, first == each ? to_string(each) : to_string(first) + " to " + to_string(each));
    }
  }
  if (both.sequence > 0) put(out.after, to_string(both));
}

std::string_view between(std::string_view line, std::string_view before, std::string_view end) {
  const auto at = line.find(before);
  if (at == line.npos) return {};
  line.remove_prefix(at + before.size());
  return line.substr(0, line.find_first_of(end));
}

}  // namespace

errant_transactions errant_in(const gtid_set& has, const gtid_set& other) {
  errant_transactions out{.set = has};
  out.set.subtract(other);
  out.text = out.set.text();
  return out;
}

errant_transactions errant_in(const domain_log& has, const domain_log& other) {
  std::map<std::uint32_t, std::vector<domain_gtid>> domains;
  for (const domain_gtid& each : has.last()) domains[each.domain].push_back(each);
  errant_transactions out;
  for (const auto& [domain, all] : domains) add_domain(all, other, out);
  return out;
}

// Values of rows and texts of statements stand in lines that begin otherwise.
void printed_transactions::take(std::string_view line) {
  if (flavour_ == flavour::mariadb) {
    const bool heads = line.size() > 1 && line[0] == '#' && line[1] >= '0' && line[1] <= '9';
    if (heads && parse_domain_gtid(between(line, "\tGTID ", " \r\n"))) ++count_;
    return;
  }
  if (!line.starts_with("SET @@SESSION.GTID_NEXT=")) return;
  const auto one = parse_gtid(between(line, "'", "'"));
  if (!one) return;
  gtid_set printed;
  if (!printed.add(*one)) return;
  ++count_;
  wanted_.set.subtract(printed);
}

}  // namespace skein::mysql
