#include "backends/mysql/lexer.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace skein::mysql;

namespace {

constexpr reading_rules mysql{.version = 90704};
constexpr reading_rules mariadb{.of = flavour::mariadb, .version = 101119};
constexpr reading_rules ansi{.mode = {.ansi_quotes = true}};
constexpr reading_rules no_escapes{.mode = {.backslash_escapes = false}};

// Every token in brackets, with a letter for its kind in front.
std::string read(std::string_view text, const reading_rules& rules = mysql) {
  lexer tokens(text, rules);
  std::string seen;
  for (;;) {
    const token one = tokens.next();
    if (one.kind == token_kind::end) return seen;
    seen += " wqsnp;(),.o!uv"[static_cast<std::size_t>(one.kind)];
    seen += '[' + std::string(one.text) + ']';
    if (one.kind == token_kind::broken) CHECK(tokens.next().kind == token_kind::end);
  }
}

token first_of(std::string_view text, const reading_rules& rules = mysql) {
  return lexer(text, rules).next();
}

std::string hint_of(std::string_view text) {
  lexer tokens(text, mysql);
  while (tokens.next().kind != token_kind::end) {
  }
  return std::string(tokens.hint());
}

}  // namespace

TEST_CASE("a statement's tokens") {
  CHECK(read("SELECT a.b, ?+2 FROM `T`(x) WHERE c <> 'd';") ==
        "w[SELECT]w[a].[.]w[b],[,]p[?]o[+]n[2]w[FROM]q[`T`]([(]w[x])[)]w[WHERE]w[c]o[<>]s['d']"
        ";[;]");
  CHECK(read("") == "");
  CHECK(read(" \t\r\n\f\v") == "");
}

TEST_CASE("comments are passed over, and do not nest") {
  CHECK(read("a-- b\nc") == "w[a]w[c]");
  CHECK(read("a--\tb\rc") == "w[a]");
  CHECK(read("a--") == "w[a]");
  CHECK(read("a--\nb") == "w[a]w[b]");
  CHECK(read("a--\x01 b\nc") == "w[a]w[c]");
  CHECK(read("a--b") == "w[a]o[-]o[-]w[b]");
  CHECK(read("1--1") == "n[1]o[-]o[-]n[1]");
  CHECK(read("a#b\nc") == "w[a]w[c]");
  CHECK(read("a#") == "w[a]");
  CHECK(read("a/*b/*c*/d") == "w[a]w[d]");
  CHECK(read("a/*/ */b") == "w[a]w[b]");
  CHECK(read("/***/a/**/b") == "w[a]w[b]");
  CHECK(read("/* -- */a") == "w[a]");
  CHECK(read("-- /*\na") == "w[a]");
  CHECK(read("a /* ' */ b") == "w[a]w[b]");
  CHECK(read("a /* b") == "w[a]![ /* b]");
  CHECK(read("a*/b") == "w[a]o[*]o[/]w[b]");
  CHECK(read(std::string_view("a -- b\0c\nd", 10)) ==
        "w[a]" + ("![" + std::string("\0c\nd", 4) + "]"));
}

TEST_CASE("a hint to the optimizer is a comment, unless its end is in doubt") {
  CHECK(read("select /*+ INDEX(`t` `i`) */ a") == "w[select]w[a]");
  CHECK(read("select /*+ INDEX(`t*/`) */ a") == "w[select]![ /*+ INDEX(`t*/`) */ a]");
  CHECK(read("select /* ` */ a") == "w[select]w[a]");
}

TEST_CASE("a comment that is executed is part of the statement") {
  CHECK(read("1 /*! + 2 */ + 3") == "n[1]o[+]n[2]o[+]n[3]");
  CHECK(read("/*!*/a") == "w[a]");
  CHECK(read("/*!select*/a") == "w[select]w[a]");
  CHECK(read("/*! '*/' */a") == "s['*/']w[a]");
  CHECK(read("a /*! + /* c */ 1 */") == "w[a]o[+]n[1]");
  CHECK(read("a /*! + 1 -- */\n*/ b") == "w[a]o[+]n[1]w[b]");
  CHECK(read("a /*! + 1 /*! + 1 */ + 1") == "w[a]o[+]n[1]o[+]n[1]o[+]n[1]");
  CHECK(read("a /*! + 1 /*!99999 + 1 */ + 1 */") == "w[a]o[+]n[1]o[+]n[1]");
  CHECK(read("2 /*! */ * 3") == "n[2]o[*]n[3]");
  CHECK(read("2 /*! */*/ 3") == "n[2]o[*]o[/]n[3]");
  CHECK(read("6 /*!/ 3 */") == "n[6]o[/]n[3]");
  CHECK(read("a /*! b") == "w[a]w[b]![]");
  CHECK(read("a /*! b -- */") == "w[a]w[b]![]");
}

TEST_CASE("which comments are executed is told by their number") {
  struct one {
    const char* mark;
    bool mysql;
    bool mariadb;
  };
  // As the servers of these releases answered.
  for (const auto& [mark, by_mysql, by_mariadb] : {
           one{"!", true, true},          one{"!50000", true, true},
           one{"!50699", true, true},     one{"!50700", true, false},
           one{"!80000", true, false},    one{"!90704", true, false},
           one{"!90705", false, false},   one{"!99999", false, false},
           one{"!100000", false, true},   one{"!101119", false, true},
           one{"!101120", false, false},  one{"!000000", true, true},
           one{"!050000", true, true},    one{"!050700", true, false},
           one{"!090704", true, false},   one{"!090705", false, false},
           one{"!999999", false, false},  one{"M!", false, true},
           one{"M!50700", false, true},   one{"M!101119", false, true},
           one{"M!101120", false, false}, one{"m!", false, false},
           one{" !", false, false},
       }) {
    CAPTURE(mark);
    const std::string text = "a /*" + std::string(mark) + " b */";
    CHECK(read(text, mysql) == (by_mysql ? "w[a]w[b]" : "w[a]"));
    CHECK(read(text, mariadb) == (by_mariadb ? "w[a]w[b]" : "w[a]"));
  }
  CHECK(read("/*!5000 */") == "n[5000]");
  CHECK(read("/*!50000x */") == "w[x]");
  CHECK(read("/*!500005*/") == "n[5]");
  CHECK(read("/*!500005*/", mariadb) == "");
  CHECK(read("/*!0800001*/") == "n[01]");
  CHECK(read("/*!080000 1*/", {.version = 80036}) == "n[0]n[1]");
  CHECK(read("/*!080000 1*/", {.version = 80100}) == "n[1]");
}

TEST_CASE("in what is not executed comments nest once") {
  CHECK(read("/*!99999 b /* c */ d */ e") == "w[e]");
  CHECK(read("/*!99999 b /* c */ d") == "![/*!99999 b /* c */ d]");
  CHECK(read("/*!99999 b /*! c /* d */ e */ f") == "w[f]");
  CHECK(read("/*!99999 '*/' a") == "![' a]");
}

TEST_CASE("strings") {
  CHECK(read("'a''b' 'c'") == "s['a''b']s['c']");
  CHECK(read(R"('a\' b' "a\" b" 'a\\' c)") == R"(s['a\' b']s["a\" b"]s['a\\']w[c])");
  CHECK(read(R"("a""b" 'a"b' "a'b")") == R"(s["a""b"]s['a"b']s["a'b"])");
  CHECK(read("N'a' b'01' X'1f' n'\\''") == "s[N'a']s[b'01']s[X'1f']s[n'\\'']");
  CHECK(read("x'1g'") == "![x'1g']");
  CHECK(read("b'2'") == "![b'2']");
  CHECK(read("_utf8mb4'a' _latin1 x'41'") == "w[_utf8mb4]s['a']w[_latin1]s[x'41']");
  CHECK(read("xx'a'") == "w[xx]s['a']");
  CHECK(read("'a;-- b") == "!['a;-- b]");
  CHECK(read("'a\\") == "!['a\\]");
  CHECK(read("'\xff\xa0'") == "s['\xff\xa0']");
}

TEST_CASE("what quotes and backslashes are is the mode's to say") {
  CHECK(read(R"("a""b\" 'c\'d')", ansi) == R"(q["a""b\"]s['c\'d'])");
  CHECK(read(R"('a\' b "c\" d)", no_escapes) == R"(s['a\']w[b]s["c\"]w[d])");
  CHECK(read(R"(@"a\" b)", ansi) == R"(u[@"a\"]w[b])");
}

TEST_CASE("names") {
  CHECK(read("`a``b` `` `a\\` a$b _c é1") == "q[`a``b`]q[``]q[`a\\`]w[a$b]w[_c]w[é1]");
  CHECK(read("`a") == "![`a]");
  CHECK(read("12ab 1e 0x 0X1F 0x1g 0B1 0b12") == "w[12ab]w[1e]w[0x]w[0X1F]w[0x1g]w[0B1]w[0b12]");
  CHECK(read("t.1a t.1e5 s.t.0x1 t.x'41'") ==
        "w[t].[.]w[1a]w[t].[.]w[1e5]w[s].[.]w[t].[.]w[0x1]w[t].[.]w[x]s['41']");
  CHECK(read("t .1e5 `t`.1 t. 1") == "w[t]n[.1e5]q[`t`]n[.1]w[t].[.]n[1]");
  CHECK(read("t.* t.`a`") == "w[t].[.]o[*]w[t].[.]q[`a`]");
  CHECK(read("$a $1") == "w[$a]w[$1]");
  CHECK(read("$$a$$ b") == "![$$a$$ b]");
  CHECK(read("$a$ b") == "![$a$ b]");
  CHECK(read("select $$") == "w[select]w[$$]");
  CHECK(read("select $$ ") == "w[select]![$$ ]");
  CHECK(read("select $$$") == "w[select]![$$$]");
  CHECK(read("$$a$$ b", mariadb) == "w[$$a$$]w[b]");
  // A blank of latin1.
  CHECK(read("a\xa0into") == "![a\xa0into]");
  CHECK(read("\xc3") == "![\xc3]");
}

TEST_CASE("numbers") {
  CHECK(read("1 1.5 .5 5. 1e5 1.5E-3 1.e+2 1e+2 0x1F 0b11") ==
        "n[1]n[1.5]n[.5]n[5.]n[1e5]n[1.5E-3]n[1.e+2]n[1e+2]n[0x1F]n[0b11]");
  CHECK(read("1e5x .1a 1.1.1 1..1") == "n[1e5]w[x]n[.1]w[a]n[1.1]n[.1]n[1.]n[.1]");
  CHECK(read("1e+ 2") == "w[1e]o[+]n[2]");
  CHECK(read("1.5e a") == "![1.5e a]");
}

TEST_CASE("variables") {
  CHECK(read("@a @a.b$_1 @'a b' @`a``b` @\"a\" @é") ==
        "u[@a]u[@a.b$_1]u[@'a b']u[@`a``b`]u[@\"a\"]u[@é]");
  CHECK(read("@a:=1 @a-1") == "u[@a]o[:=]n[1]u[@a]o[-]n[1]");
  CHECK(read("root@localhost root@'%' @ a") == "w[root]u[@localhost]w[root]u[@'%']u[@]w[a]");
  CHECK(read("@@a @@global.b @@`c` @@session . d") ==
        "v[@@a]v[@@global].[.]w[b]v[@@`c`]v[@@session].[.]w[d]");
  CHECK(read("@@ a") == "![@@ a]");
  CHECK(read("@'a") == "![@'a]");
}

TEST_CASE("operators and what no token begins with") {
  CHECK(read("<=> -> ->> := <= >= <> != << >> && || = < > ! ~ ^ & | % : { }") ==
        "o[<=>]o[->]o[->>]o[:=]o[<=]o[>=]o[<>]o[!=]o[<<]o[>>]o[&&]o[||]o[=]o[<]o[>]o[!]o[~]o[^]o[&]"
        "o[|]o[%]o[:]o[{]o[}]");
  CHECK(read("a=-1 b=!c") == "w[a]o[=]o[-]n[1]w[b]o[=]o[!]w[c]");
  CHECK(read("a[1]") == "w[a]![[1]]");
  CHECK(read("\\N", mariadb) == "w[\\N]");
  CHECK(read("\\N") == "![\\N]");
  CHECK(read("a\x01") == "w[a]![\x01]");
  CHECK(read(std::string_view("a\0b", 3)) == "w[a]" + ("![" + std::string("\0b", 2) + "]"));
}

TEST_CASE("names without quotes, and words without their case") {
  CHECK(name_of(first_of("FooBAR_1$")) == "FooBAR_1$");
  CHECK(name_of(first_of("`Foo``Bar`")) == "Foo`Bar");
  CHECK(name_of(first_of("\"Foo\"\"Bar\"", ansi)) == "Foo\"Bar");
  CHECK(is_word(first_of("SeLeCt"), "select"));
  CHECK_FALSE(is_word(first_of("selec"), "select"));
  CHECK_FALSE(is_word(first_of("`select`"), "select"));
}

TEST_CASE("what a comment tells us") {
  CHECK(hint_of("/* skein: leader */ select 1") == "leader");
  CHECK(hint_of("select 1 -- skein: fresh=global key=u42 ") == "fresh=global key=u42");
  CHECK(hint_of("select 1 # skein: leader\n from t") == "leader");
  CHECK(hint_of("/* skein: leader */ select 1 /*skein:follower*/;") == "follower");
  CHECK(hint_of("select '/* skein: leader */' /* not skein: a */, \"-- skein: a\"") == "");
  CHECK(hint_of("/*!99999 skein: leader */ select 1") == "");
}
