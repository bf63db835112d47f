// Reads them line by line: what a line says is of one member, or of who led.
#include "tests/unit/cluster/situation_text.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace skein::cluster {

namespace {

using duration = std::chrono::steady_clock::duration;
using words = std::vector<std::string>;

// A time far enough from the clock's beginning that something may be long ago.
const moment present = moment{} + std::chrono::hours(1000);

words split(const std::string& text, char at) {
  words out;
  std::istringstream in(text);
  for (std::string each; std::getline(in, each, at);) {
    const auto from = each.find_first_not_of(' ');
    const auto to = each.find_last_not_of(' ');
    if (from != std::string::npos) out.push_back(each.substr(from, to - from + 1));
  }
  return out;
}

duration read_time(const std::string& text) {
  std::size_t used = 0;
  const double count = std::stod(text, &used);
  const std::string unit = text.substr(used);
  const double ms = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : 0;
  if (ms == 0) throw std::runtime_error("no time: " + text);
  return std::chrono::milliseconds(static_cast<long>(count * ms));
}

class case_reader {
 public:
  explicit case_reader(told_situation& into) : into_(into) { into_.now.now = present; }

  void take(const std::string& line) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) throw std::runtime_error("no line of a case: " + line);
    const std::string what = line.substr(0, colon);
    const std::string rest = line.substr(colon + 2);
    if (what == "-- does") {
      into_.does = rest;
    } else if (what == "-- says") {
      into_.says = rest;
    } else if (what == "-- deposes") {
      into_.deposes = rest;
    } else if (what == "-- ends") {
      into_.ends = rest;
    } else if (what == "-- answers") {
      into_.answers = rest;
    } else if (what == "asked") {
      read_wish(rest);
    } else {
      lines_.push_back({what, split(rest, ',')});
    }
  }
  // Names may be used before they are told of.
  void end() {
    for (const auto& [what, said] : lines_)
      if (what != "policy" && what != "led" && what != "beat" && what != "move") add_member(what);
    for (const auto& [what, said] : lines_)
      for (const std::string& each : said) read(what, each);
    if (into_.now.moving && into_.now.led && !moves_from_) {
      const std::size_t led = into_.now.led->member;
      into_.now.moving->from = led != into_.now.moving->to ? led : led == 0 ? 1 : 0;
    }
    if (into_.now.led && into_.now.beat.taken == moment{}) into_.now.beat.taken = present;
  }

 private:
  struct line {
    std::string what = {};
    words said = {};
  };

  // "for anybody", "to b, leave outside"
  void read_wish(const std::string& said) {
    into_.asked.emplace();
    for (const std::string& each : split(said, ','))
      if (each.starts_with("to ")) {
        into_.asked->to = each.substr(3);
      } else {
        into_.asked->leave_outside |= each == "leave outside";
      }
  }
  void add_member(const std::string& name) {
    member_facts made;
    made.name = name;
    made.zone = "z";
    made.examined = true;
    made.news = present;
    made.met_since = present - std::chrono::minutes(60);
    into_.now.members.push_back(std::move(made));
    into_.now.lacks.emplace_back(0);
  }
  std::size_t named(const std::string& name) const {
    const auto found = std::ranges::find(into_.now.members, name, &member_facts::name);
    if (found == into_.now.members.end()) throw std::runtime_error("no member " + name);
    return static_cast<std::size_t>(found - into_.now.members.begin());
  }
  void read(const std::string& what, const std::string& said) {
    const words w = split(said, ' ');
    if (what == "policy") return read_policy(w);
    if (what == "led") return read_lead(w);
    if (what == "beat") return read_beat(w, said);
    if (what == "move") return read_move(w, said);
    read_member(named(what), w, said);
  }
  void read_policy(const words& w) {
    failover_policy& policy = into_.policy;
    using way = failover_policy::way;
    if (w[0] == "automatic") {
      policy.automatic = w[1] == "yes" ? way::yes : w[1] == "no" ? way::no : way::external;
    } else if (w[0] == "acks") {
      policy.acks = static_cast<unsigned>(std::stoul(w[1]));
    } else if (w[0] == "assured") {
      policy.assured = static_cast<unsigned>(std::stoul(w[1]));
    } else if (w[0] == "degrade") {
      policy.degrade = true;
    } else if (w[0] == "detect_after") {
      policy.detect_after = std::chrono::duration_cast<std::chrono::milliseconds>(read_time(w[1]));
    } else {
      throw std::runtime_error("no policy: " + w[0]);
    }
  }
  void read_lead(const words& w) {
    auto& led = into_.now.led;
    if (w[0] == "epoch") {
      led->epoch = std::stoul(w[1]);
    } else if (w[0] == "recalled") {
      led->recalled = true;
    } else if (w[0] == "unseen") {
      led->unseen = true;
    } else if (w[0] == "by") {  // "by us 20s ago"
      led->by_us = true;
      led->since = present - read_time(w[2]);
    } else if (w[0] != "nobody") {
      led = lead{.member = named(w[0])};
    }
  }
  void read_beat(const words& w, const std::string& said) {
    auto& beat = into_.now.beat;
    if (w[0] == "failing") {  // "failing for 2s"
      beat.failing = present - read_time(w[2]);
    } else {
      beat.trouble = said;
    }
  }
  // "from a", "to b", "begun 2s ago", "held 1s ago", "given up because of what"
  void read_move(const words& w, const std::string& said) {
    if (!into_.now.moving) into_.now.moving = move{.since = present};
    move& moving = *into_.now.moving;
    if (w[0] == "to") {
      moving.to = named(w[1]);
    } else if (w[0] == "from") {
      moving.from = named(w[1]);
      moves_from_ = true;
    } else if (w[0] == "begun") {
      moving.since = present - read_time(w[1]);
    } else if (w[0] == "held") {
      moving.held = present - read_time(w[1]);
    } else {  // "given up", "given up 11s ago"
      moving.given_up = present;
      if (w.size() > 2 && w.back() == "ago") *moving.given_up -= read_time(w[2]);
      moving.why = said;
    }
  }
  void read_member(std::size_t at, const words& w, const std::string& said) {
    member_facts& one = into_.now.members[at];
    const std::string& first = w[0];
    const std::string rest = said.size() > first.size() ? said.substr(first.size() + 1) : "";
    if (meets(one, w) || comes_back(one.back, w, said) || is_fenced(one, w) ||
        has_orders(at, w, rest))
      return;
    if (first == "leads" || first == "follows") {
      one.met = contact::answers;
      one.role = first == "leads" ? member_role::leader : member_role::follower;
      one.receives = first == "follows";
      if (w.size() > 1 && w[1] != "nobody") one.follows = named(w[1]);
    } else if (first == "stopped") {
      one.receives = false;
    } else if (first == "at" || first == "received") {
      one.received = place(one, w[1]);
      if (one.applied.text.empty()) one.applied = one.received;
    } else if (first == "applied") {
      one.applied = place(one, w[1]);
    } else if (first == "timeline") {
      one.received.history = one.applied.history = std::stoul(w[1]);
    } else if (first == "news") {  // "news 200ms ago"
      one.news = present - read_time(w[1]);
    } else if (said == "lacks nobody knows what") {
      into_.now.lacks[at].reset();
    } else if (first == "unexamined") {
      one.examined = false;
    } else if (first == "unheard") {
      one.unheard = rest;
    } else if (first == "lacks") {
      into_.now.lacks[at] = std::chrono::duration_cast<std::chrono::milliseconds>(read_time(w[1]));
    } else if (first == "priority") {
      one.priority = std::stoi(w[1]);
    } else if (first == "zone") {
      one.zone = rest;
    } else if (first == "upstream") {
      one.upstream = named(w[1]);
    } else if (first == "source") {
      one.source = rest;
    } else if (first == "because") {
      one.cannot_apply = rest;
    } else if (first == "foreign") {
      one.foreign = rest;
    } else if (first == "outside") {
      one.outside = rest;
    } else if (first == "stuck") {
      one.stuck = true;
    } else if (first == "recalls") {  // "recalls epoch 2"
      one.last_lead = lead_record{.epoch = std::stoul(w[2]), .member = {}};
    } else if (first == "acknowledges") {  // "acknowledges 1"
      one.acks = static_cast<unsigned>(std::stoul(w[1]));
    } else if (first == "uncounted") {
      one.counted = false;
    } else if (first == "remark") {
      one.remark = rest;
    } else if (first == "drained") {
      one.drained = true;
    } else if (first == "settled") {
      one.settled = true;
    } else if (first == "open") {
      one.open = std::stoul(w[1]);
    } else if (first == "deposed") {
      one.deposed = true;
    } else {
      throw std::runtime_error("no fact of a member: " + said);
    }
  }
  // "chosen", "told to stop", "fails CLAUSE", "failing for 4s"
  bool has_orders(std::size_t at, const words& w, const std::string& rest) {
    member_facts& one = into_.now.members[at];
    if (w[0] == "chosen") {
      into_.now.chosen = at;
    } else if (w[0] == "told") {
      one.told_to_stop = true;
      one.receives = false;
    } else if (w[0] == "fails") {
      one.fails = rest;
    } else if (w[0] == "failing") {
      one.fails_since = present - read_time(w[2]);
    } else {
      return false;
    }
    return true;
  }
  // "fenced", "fenced here", "fenced by us for 2s"
  bool is_fenced(member_facts& one, const words& w) {
    if (w[0] != "fenced") return false;
    one.fenced = true;
    if (w.size() == 2) into_.now.fenced_here = true;
    if (w.size() > 4) one.fenced_since = present - read_time(w[4]);
    one.fenced_by_us = one.fenced_by_us || w.size() > 4;
    return true;
  }
  static bool comes_back(comeback& back, const words& w, const std::string& said) {
    if (said == "must rejoin") {
      back.needed = true;
    } else if (w[0] == "restarts") {
      back.restarts = true;
    } else if (w[0] == "hooks") {
      back.hooks = true;
    } else if (w[0] == "runs") {  // "runs rejoin for 12s"
      back.running = w[1];
      back.since = present - read_time(w[3]);
    } else if (w[0] == "failed") {
      back.failed = said.substr(7);
    } else if (w[0] == "again") {  // "again in 8s"
      back.again = present + read_time(w[2]);
    } else {
      return false;
    }
    return true;
  }
  // "refuses for 600ms", "unseen"
  static bool meets(member_facts& one, const words& w) {
    static const std::vector<std::pair<std::string, contact>> all = {{"unseen", contact::unseen},
                                                                     {"starts", contact::starting},
                                                                     {"refuses", contact::refuses},
                                                                     {"closes", contact::closes},
                                                                     {"silent", contact::silent}};
    const auto found = std::ranges::find(all, w[0], &std::pair<std::string, contact>::first);
    if (found == all.end()) return false;
    one.met = found->second;
    if (w.size() > 2) one.met_since = present - read_time(w[2]);
    return true;
  }
  static position place(const member_facts& one, const std::string& text) {
    return {one.received.history, std::stoul(text), text, {}};
  }

  told_situation& into_;
  bool moves_from_ = false;
  std::vector<line> lines_ = {};
};

void read_file(const std::filesystem::path& path, std::vector<told_situation>& into) {
  std::ifstream file(path);
  std::string line;
  const auto read_one = [&](told_situation& made) {
    case_reader reader(made);
    while (std::getline(file, line) && !line.empty()) reader.take(line);
    reader.end();
  };
  while (std::getline(file, line)) {
    if (line.empty() || line.starts_with("# ")) continue;
    try {
      if (!line.starts_with("== ")) throw std::runtime_error("no title");
      into.push_back({.title = line.substr(3)});
      read_one(into.back());
    } catch (const std::exception& wrong) {
      throw std::runtime_error(path.string() + ": " + line + ": " + wrong.what());
    }
  }
}

}  // namespace

std::vector<told_situation> read_situations(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& each : std::filesystem::directory_iterator(folder))
    if (each.path().extension() == ".cases") files.push_back(each.path());
  std::ranges::sort(files);
  std::vector<told_situation> all;
  for (const auto& each : files) read_file(each, all);
  return all;
}

std::string in_text(const situation& now, const decision& what) {
  static const std::vector<std::string> verbs = {
      "nothing", "wait",   "propose", "stop receiving at", "promote", "have follow", "fence",
      "hold",    "assure", "resume",  "bring back"};
  std::string text = verbs.at(static_cast<std::size_t>(what.what));
  for (const std::size_t each : what.who) text += " " + now.members.at(each).name;
  if (what.what == step::assure) text += " by " + std::to_string(what.acks);
  if (what.what == step::follow || what.what == step::rejoin)
    text += " after " + now.members.at(what.of).name;
  return text;
}

std::string in_text(const std::optional<move_end>& what) {
  if (!what) return "not yet";
  return (what->done ? "done: " : "failed: ") + what->why;
}

std::string names_of(const situation& now, const std::vector<std::size_t>& who) {
  std::string text;
  for (const std::size_t each : who) text += (text.empty() ? "" : " ") + now.members.at(each).name;
  return text.empty() ? "nobody" : text;
}

}  // namespace skein::cluster
