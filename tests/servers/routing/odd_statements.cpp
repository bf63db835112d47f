// What no application means to send, by every protocol, where reads go to followers: the client
// hears what the leader itself would have said, and a neighbour on the same core waits for nobody.
#include <doctest/doctest.h>

#include <regex>

#include "tests/servers/neighbour.hpp"
#include "tests/servers/pooling/raw_client.hpp"
#include "tests/servers/routing/pulse.hpp"
#include "tests/servers/routing/round.hpp"
#include "tests/servers/routing/shop.hpp"

using namespace skein::servers;
using namespace said;
using namespace std::chrono_literals;

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Machines are shared; on a quiet one it is some 10 ms.
const milliseconds wait_max = is_sanitized ? 2500ms : 500ms;
constexpr auto answer_max = 60s;
constexpr std::size_t mega = 1U << 20;

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  all.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string long_list(std::size_t bytes) {
  std::string sql = "select count(*) from goods where id in (1";
  for (int number = 100'000'000; sql.size() < bytes; ++number) sql += "," + std::to_string(number);
  return sql + ")";
}

struct oddity {
  std::string name;
  std::string sql;
};

std::vector<oddity> small_ones() {
  using namespace std::string_literals;
  return {
      {"nonsense", "selekt * form goods"},
      {"a word too few", "select * from goods where"},
      {"MERGE of a newer server",
       "merge into goods g using (select 1 as id) s on g.id = s.id "
       "when matched then delete returning g.id"},
      {"JSON_TABLE of a newer server",
       "select * from json_table('[1]', '$[*]' columns (n int path '$')) as t"},
      {"a quote without its end", "select 'a from goods"},
      {"a name without its end", "select \"a from goods"},
      {"a dollar quote without its end", "select $a$ from goods $b$"},
      {"a comment without its end", "select 1 /* from /* goods */"},
      {"a hint without its end", "/* skein: follower select 1"},
      {"a comment in a comment", "select /* a /* b */ c */ 1"},
      {"the end of a comment alone", "select 1 */ 2"},
      {"a backslash at the end", "select E'a\\"},
      {"invalid UTF-8", "select '\xff\xfe' from goods"},
      {"a character that is cut off", "select count(*) from goods where n::text = '\xe2\x82'"},
      {"invalid UTF-8 in a name", "select \xc3\x28 from goods"},
      {"a NUL at the end", "select 1\0"s},
      {"a NUL inside", "select 1\0, 2 from goods"s},
      {"a NUL first", "\0select 1"s},
      {"nothing", ""},
      {"blanks", " \n\t "},
      {"a comment alone", "-- nothing"},
      {"semicolons alone", ";;;"},
      {"several reads", "select 1; select 2; select count(*) from goods"},
      {"several, one of which is broken", "select 1; selekt 2"},
      {"several, one of which fails", "select 1; select 1 / 0; select 2"},
      {"a read that fails", "select 1 / (n - n) from goods"},
      {"a table that is not there", "select * from bads"},
      {"a value that is not there", "select $1"},
      {"a value number beyond all", "select $99999999999"},
      {"a name that is too long", "select 1 as " + times(10'000, "a")},
      {"columns without end", "select 1" + times(2'000, ",1")},
  };
}

// Some are short enough to be read as statements, others are not looked at.
std::vector<oddity> deep_ones() {
  std::vector<oddity> all;
  for (const std::size_t depth : {100UZ, 1'000UZ, 5'000UZ, 10'000UZ, 100'000UZ}) {
    all.push_back({std::to_string(depth) + " parentheses",
                   "select " + times(depth, "(") + "1" + times(depth, ")")});
    all.push_back({std::to_string(depth) + " open parentheses", "select " + times(depth, "(")});
  }
  all.push_back(
      {"queries in queries", "select " + times(1'500, "(select ") + "1" + times(1'500, ")")});
  all.push_back({"arrays in arrays", "select array" + times(3'000, "[") + "1" + times(3'000, "]")});
  all.push_back({"calls in calls", "select " + times(1'500, "abs(") + "1" + times(1'500, ")")});
  all.push_back(
      {"case in case", "select " + times(600, "case when true then ") + "1" + times(600, " end")});
  all.push_back({"minus signs", "select " + times(7'000, "- ") + "1"});
  all.push_back({"negations", "select " + times(3'500, "not ") + "true"});
  all.push_back({"a long sum", "select 1" + times(7'000, "+1")});
  all.push_back(
      {"a long disjunction", "select 1 from goods where false" + times(1'500, " or n=1")});
  all.push_back({"casts", "select 1" + times(2'500, "::int")});
  all.push_back({"a long union", "select 1" + times(700, " union select 1")});
  all.push_back({"joins", "select count(*) from goods" + times(200, " natural join goods")});
  return all;
}

std::vector<oddity> large_ones() {
  return {
      {"a list of 10 MB", long_list(10 * mega)},
      {"a value of 10 MB", "select length('" + times(10 * mega, "a") + "')"},
      {"a comment of 10 MB", "select 1 /*" + times(10 * mega, "*") + "*/"},
      {"10 MB of quotes", "select '" + times(10 * mega, "'") + "'"},
      {"10 MB of dollars", "select " + times(10 * mega, "$")},
      {"1 MB of semicolons", times(mega, ";")},
      {"1 MB of blanks", times(mega, " ")},
  };
}

struct way {
  std::string name;
  std::string (*messages)(std::string_view sql);
};
const std::vector<way> ways = {
    {"simple", [](std::string_view sql) { return query(sql); }},
    {"unnamed", [](std::string_view sql) { return at_once(sql) + sync_up; }},
    {"named",
     [](std::string_view sql) {
       return parse("odd", sql) + describe('S', "odd") + bind_to("odd") + execute() + sync_up;
     }},
};

// What is heard of it, and what of a `select 7` behind it; then a session that has not survived is
// replaced.
class asker {
 public:
  explicit asker(std::string words) : words_(std::move(words)) {}
  std::string hear(const std::string& messages) {
    if (!session_) session_.emplace(words_);
    auto told = hear_of(messages);
    told += ", behind it " + hear_of(query("select 7"));
    hear_of(close('S', "odd") + sync_up);
    // What a Bind is told names the statement as the server knows it, and so as Skein called it.
    return std::regex_replace(told, std::regex("skein_[0-9]+"), "odd");
  }

 private:
  std::string hear_of(const std::string& messages) {
    if (!session_ || !session_->socket.send(messages, answer_max)) return "gone";
    session_->last_words.clear();
    const auto told = session_->hear(1, answer_max);
    const auto words = session_->last_words;
    if (told.ends_with("END")) session_.reset();
    return told + " " + words;
  }
  const std::string words_;
  std::optional<raw_client> session_;
};

// Both are asked the same; the pulse is taken while Skein is.
void compare(const std::vector<oddity>& all) {
  shop in(tongue_of(engine::postgres), any_follower, {.threads = 1});
  asker straight(freshness::postgres_stagehand()->where(in.members.leader().port()));
  asker through(in.skein->words(app));
  neighbour innocent(in.skein->words(app));
  pulse beside(in.skein->words(app));
  const auto before = in.lent_to_followers();
  std::string report;
  milliseconds longest_of_all{0};
  for (const auto& [name, sql] : all) {
    for (const auto& how : ways) {
      CAPTURE(name);
      CAPTURE(how.name);
      const auto messages = how.messages(sql);
      const auto wanted = straight.hear(messages);
      beside.take_longest();
      const auto start = clock::now();
      const auto told = through.hear(messages);
      const auto took = std::chrono::ceil<milliseconds>(clock::now() - start);
      const auto longest = beside.take_longest();
      CHECK(told == wanted);
      CHECK(longest <= wait_max);
      longest_of_all = std::max(longest_of_all, longest);
      if (longest > 20ms || took > 100ms) {
        report += "\n" + name + ", " + how.name + ": " + std::to_string(took.count()) +
                  " ms, beside it " + std::to_string(longest.count()) + " ms";
      }
    }
  }
  MESSAGE("the longest wait of a neighbour: ", longest_of_all.count(), " ms", report);
  CHECK(in.lent_to_followers() > before);
  CHECK(beside.trouble() == "");
  innocent.check_unharmed();
}

}  // namespace

TEST_CASE("what is wrong or odd is answered as the leader does") {
  compare(small_ones());
}

TEST_CASE("what nests deep or goes on for long is answered as the leader does") {
  compare(deep_ones());
}

TEST_CASE("what is large is answered as the leader does, and nobody waits for it") {
  compare(large_ones());
}
