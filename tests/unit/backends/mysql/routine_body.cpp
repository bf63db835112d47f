#include "backends/mysql/routine_body.hpp"

#include <doctest/doctest.h>

#include <string>

#include "backends/mysql/deed_words.hpp"

using namespace skein::mysql;

namespace {

constexpr reading_rules rules{.version = 90704};

// "it writes (INSERT); leaves; reads t; calls f; runs p"; empty: it only reads, and nothing by
// name.
std::string words_of(const body_deeds& body) {
  std::string text = skein::mysql::words_of(body.done);
  const auto say = [&](const std::string& more) { (text += text.empty() ? "" : "; ") += more; };
  if (body.leaves) say("leaves");
  for (const auto& each : body.done.relations) say("reads " + each);
  for (const auto& each : body.done.functions) say("calls " + each.name);
  for (const auto& each : body.procedures)
    say("runs " + (each.schema.empty() ? each.name : each.schema + '.' + each.name));
  return text;
}

struct a_case {
  std::string_view body;
  std::string_view does;
};

constexpr a_case harmless[] = {
    {"return 1", ""},
    {"return x + 1", ""},
    {"return (select max(a) from t where b = x)", "reads t; calls max"},
    {"begin end", ""},
    {"begin declare y, z int default 0; set y = x + 1, z = y; return z; end", ""},
    {"BEGIN DECLARE y DECIMAL(10, 2) DEFAULT f(x); RETURN y; END", "calls f"},
    {"begin declare e enum('a', 'b'); return e; end", ""},
    {"begin declare y int; select max(a), b into y, x from t; return y; end", "reads t; calls max"},
    {"begin if x > 1 then return 1; elseif (x < f(0)) then return 2; else return g(3); end if; end",
     "calls f; calls g"},
    {"begin if case when x then 1 else 2 end = 1 then return 1; end if; return 2; end", ""},
    {"begin case x when 1 then return 1; when f(2) then return 2; else return 3; end case; end",
     "calls f"},
    {"begin case when x > 1 then begin return 1; end; else begin end; end case; return 0; end", ""},
    {"l: begin if x then leave l; end if; end l", ""},
    {"begin declare i int default 0; w: while i < 10 do set i = i + 1; iterate w; end while w; end",
     ""},
    {"begin repeat set x = x + f(1); until x > 10 end repeat; end", "calls f"},
    {"begin l: loop leave l; end loop l; end", ""},
    {"begin declare c cursor for select a from t; declare done int default 0;"
     " declare continue handler for not found set done = 1;"
     " declare exit handler for sqlstate value '23000', 1062, sqlexception begin resignal; end;"
     " open c; fetch c into x; close c; end",
     "reads t"},
    {"begin declare d condition for sqlstate '45000'; signal d set message_text = 'a'; end", ""},
    {"set new.a = new.a + 1, new.b = old.b", ""},
    {"begin select 'insert into t', `delete`, \"@a\" from `update`; end", "reads update"},
    {"begin call p(x); call s.`Q`; end", "runs p; runs s.q"},
    {"begin declare x int; get diagnostics x = row_count; end", ""},
};

constexpr a_case harmful[] = {
    {"begin insert into log (a, b) values (x, f(1)); return 1; end",
     "it writes (INSERT); reads log; calls f"},
    {"begin if x then update t set a = 1; end if; end", "it writes (UPDATE); reads t"},
    {"begin if x then set y = 1; else delete from t where a = 1; end if; end",
     "it writes (DELETE); leaves; reads t"},
    {"begin declare continue handler for not found delete from t; end",
     "it writes (DELETE); reads t"},
    {"begin select a from t for update; end", "it locks rows (FOR UPDATE); reads t"},
    {"begin set @a = 1; end", "it belongs to its session (@a); leaves"},
    {"begin select 1 into @a; end", "it belongs to its session (SELECT INTO); leaves"},
    {"begin select @a := 1; end", "it belongs to its session (:=); leaves"},
    {"return @a", "it belongs to its session (@a); leaves"},
    {"begin select a from t where b = @a; end", "it belongs to its session (@a); reads t"},
    {"return @@sql_mode", "it belongs to its session (@@sql_mode)"},
    {"begin set sql_mode = ''; end", "it belongs to its session (SET); leaves"},
    {"begin set names utf8; end", "it belongs to its session (SET); leaves"},
    {"begin set session y = 1; end", "it belongs to its session (SET); leaves"},
    {"begin declare y int; set y = 1, autocommit = 0; end",
     "it belongs to its session (SET); leaves"},
    {"begin call p(@a); end", "it belongs to its session (@a); leaves; runs p"},
    {"begin prepare a from 'b'; end", "it belongs to its session (PREPARE); leaves"},
    {"begin execute a; end", "it belongs to its session (EXECUTE); leaves"},
    {"begin create temporary table a (b int); end", "it defines (CREATE TABLE); leaves; reads a"},
    {"begin drop table a; end", "it defines (DROP TABLE); leaves; reads a"},
    {"begin lock tables a read; end", "it locks tables (LOCK TABLES); leaves; reads a"},
    {"begin start transaction; commit; end", "it is part of a transaction (START TRANSACTION)"},
    {"begin xa start 'a'; end", "it is part of a transaction (XA START); leaves"},
    {"begin get diagnostics @a = number; end", "it belongs to its session (@a); leaves"},
    {"begin for i in 1..10 do set x = 1; end for; end", "it cannot be parsed; leaves"},
    {"begin declare c cursor (a int) for select 1; end", "it cannot be parsed; leaves"},
    {"begin if x then return 1; end", "it cannot be parsed; leaves"},
    {"begin end; end", "it cannot be parsed; leaves"},
    {"begin nonsense; end", "it cannot be parsed; leaves"},
    {"begin select 'a; end", "it cannot be parsed; leaves"},
};

}  // namespace

TEST_CASE("code that only reads is seen to, whatever its names") {
  for (const auto& each : harmless) {
    CAPTURE(std::string(each.body));
    CHECK(words_of(deeds_of_body(each.body, rules, {"x"})) == each.does);
  }
}

TEST_CASE("code that does more says what") {
  for (const auto& each : harmful) {
    CAPTURE(std::string(each.body));
    CHECK(words_of(deeds_of_body(each.body, rules, {"x"})) == each.does);
  }
}

TEST_CASE("code is read by the mode it was made with") {
  reading_rules other = rules;
  other.mode.ansi_quotes = true;
  CHECK(words_of(deeds_of_body("return \"f\"(1)", other)) == "calls f");
  other.mode.other_grammar = true;
  CHECK(words_of(deeds_of_body("return 1", other)) == "it cannot be parsed; leaves");
}

TEST_CASE("a text that is cut off anywhere is not taken for less than it is") {
  const std::string whole =
      "begin declare y int default 0; if x then set y = 1; end if; insert into t values (1); end";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto body = deeds_of_body(whole.substr(0, size), rules, {"x"});
    CAPTURE(size);
    if (size >= std::string_view("begin").size()) CHECK(body.done.kind == deed::unknown);
  }
}
