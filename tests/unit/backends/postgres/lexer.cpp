#include "backends/postgres/lexer.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace skein::postgres;

namespace {

// Every token in brackets, with a letter for its kind in front.
std::string read(std::string_view text, bool standard_strings = true) {
  lexer tokens(text, standard_strings);
  std::string seen;
  for (;;) {
    const token one = tokens.next();
    if (one.kind == token_kind::end) return seen;
    seen += " wqsnp;(),.o!"[static_cast<std::size_t>(one.kind)];
    seen += '[' + std::string(one.text) + ']';
    if (one.kind == token_kind::broken) CHECK(tokens.next().kind == token_kind::end);
  }
}

token first_of(std::string_view text) {
  return lexer(text).next();
}

std::string name(std::string_view text) {
  const auto of = name_of(first_of(text));
  return of ? std::string(of->view()) : "(none)";
}

}  // namespace

TEST_CASE("a statement's tokens") {
  CHECK(read("SELECT a.b, $1+2 FROM \"T\"(x) WHERE c <> 'd';") ==
        "w[SELECT]w[a].[.]w[b],[,]p[$1]o[+]n[2]w[FROM]q[\"T\"]([(]w[x])[)]w[WHERE]w[c]o[<>]s['d']"
        ";[;]");
  CHECK(read("") == "");
  CHECK(read(" \t\r\n\f\v") == "");
  CHECK(read("x[1:2]::int") == "w[x]o[[]n[1]o[:]n[2]o[]]o[::]w[int]");
}

TEST_CASE("comments are passed over, and nest") {
  CHECK(read("a--b\nc") == "w[a]w[c]");
  CHECK(read("a--b\rc") == "w[a]w[c]");
  CHECK(read("a--b") == "w[a]");
  CHECK(read("a/*b/*c*/d*/e") == "w[a]w[e]");
  CHECK(read("/*/ */a") == "w[a]");
  CHECK(read("/*/*/ */ */a") == "w[a]");
  CHECK(read("/***/a/**/b") == "w[a]w[b]");
  CHECK(read("/* -- */a") == "w[a]");
  CHECK(read("-- /*\na") == "w[a]");
  CHECK(read("a /* ' */ b") == "w[a]w[b]");
  CHECK(read("a /* b") == "w[a]![ /* b]");
}

TEST_CASE("strings") {
  CHECK(read("'a''b' 'c'") == "s['a''b']s['c']");
  CHECK(read(R"('a\' b)") == R"(s['a\']w[b])");
  CHECK(read(R"(E'a\'b' e'\\' c)") == R"(s[E'a\'b']s[e'\\']w[c])");
  CHECK(read("N'a' b'01' X'1f' U&'d\\0061' z'a'") ==
        "s[N'a']s[b'01']s[X'1f']s[U&'d\\0061']w[z]s['a']");
  CHECK(read("b'1''0'") == "s[b'1']s['0']");
  CHECK(read("re'a'") == "w[re]s['a']");
  CHECK(read("u&x") == "w[u]o[&]w[x]");
  CHECK(read("'a;--b") == "!['a;--b]");
  CHECK(read(R"(E'a\')") == R"(![E'a\'])");
  CHECK(read("E'a\\") == "![E'a\\]");
}

TEST_CASE("strings are joined across a line's end alone") {
  CHECK(read("'a'\n'b' 'c'") == "s['a'\n'b']s['c']");
  CHECK(read("'a' -- ' \n -- '\r 'b'c") == "s['a' -- ' \n -- '\r 'b']w[c]");
  CHECK(read("'a'--b") == "s['a']");
  CHECK(read("'a' /* \n */ 'b'") == "s['a']s['b']");
  CHECK(read("'a'\n/**/'b'") == "s['a']s['b']");
  CHECK(read("E'a'\n'\\' b' c") == "s[E'a'\n'\\' b']w[c]");
  CHECK(read("'a'\n-'b'") == "s['a']o[-]s['b']");
  CHECK(read("'a'\n'b") == "!['a'\n'b]");
  CHECK(read("$$a$$\n'b'") == "s[$$a$$]s['b']");
}

TEST_CASE("without standard_conforming_strings a backslash escapes") {
  CHECK(read(R"('a\' b' c)", false) == R"(s['a\' b']w[c])");
  CHECK(read(R"(N'\'' c)", false) == R"(s[N'\'']w[c])");
  CHECK(read(R"('a\'; b)", false) == R"(!['a\'; b])");
  CHECK(read(R"(x'\' c)", false) == R"(s[x'\']w[c])");
  CHECK(read(R"($$\$$ c)", false) == R"(s[$$\$$]w[c])");
  CHECK(read("\"\\\" c", false) == "q[\"\\\"]w[c]");
  CHECK(read("U&'a' c", false) == "![U&'a' c]");
}

TEST_CASE("dollar quotes") {
  CHECK(read("$$a'b$$c") == "s[$$a'b$$]w[c]");
  CHECK(read("$f$ $$ $g$ $f $f$ $1") == "s[$f$ $$ $g$ $f $f$]p[$1]");
  CHECK(read("$a$b$c$a$d") == "s[$a$b$c$a$]w[d]");
  CHECK(read("a$$b$$") == "w[a$$b$$]");
  CHECK(read("$1$$a$$") == "p[$1]s[$$a$$]");
  CHECK(read("$é_1$x$é_1$") == "s[$é_1$x$é_1$]");
  CHECK(read("$A$x$a$") == "![$A$x$a$]");
  CHECK(read("$a b") == "![$a b]");
}

TEST_CASE("numbers of every server") {
  CHECK(read("1 1.5 .5 5. 1e5 1.5E-3 1.e+2 1e 1e+") ==
        "n[1]n[1.5]n[.5]n[5.]n[1e5]n[1.5E-3]n[1.e+2]n[1]w[e]n[1]w[e]o[+]");
  CHECK(read("1..10 1.2.3 a.1") == "n[1]o[..]n[10]n[1.2]n[.3]w[a]n[.1]");
  CHECK(read("0x1F 0XaB_c 0o17 0b1_0 1_000 1_000.5_0e1_0") ==
        "n[0x1F]n[0XaB_c]n[0o17]n[0b1_0]n[1_000]n[1_000.5_0e1_0]");
  CHECK(read("0x 0o8 0b2 1__0 1_ 0x_1") == "n[0]w[x]n[0]w[o8]n[0]w[b2]n[1]w[__0]n[1]w[_]n[0x_1]");
  CHECK(read("0b'1' 0x'f' 1e'\\''") == "n[0]s[b'1']n[0]s[x'f']n[1]s[e'\\'']");
  CHECK(read("1foo $1bar") == "n[1]w[foo]p[$1]w[bar]");
}

TEST_CASE("operators end where a comment begins, and rarely in a sign") {
  CHECK(read("a=-1 b@-1 c+--d\n") == "w[a]o[=]o[-]n[1]w[b]o[@-]n[1]w[c]o[+]");
  CHECK(read("a*/*b*/c") == "w[a]o[*]w[c]");
  CHECK(read("+- -+ ->> <-> :: := : .. => !~~*") ==
        "o[+]o[-]o[-]o[+]o[->>]o[<->]o[::]o[:=]o[:]o[..]o[=>]o[!~~*]");
  CHECK(read("a\\b") == "w[a]![\\b]");
  CHECK(read("{") == "![{]");
  CHECK(read(std::string_view("a\0b", 3)) == "w[a]" + ("![" + std::string("\0b", 2) + "]"));
}

TEST_CASE("names are folded, unquoted and cut as the server does") {
  CHECK(name("FooBAR_1$") == "foobar_1$");
  CHECK(name("\"Foo\"\"Bar\"") == "Foo\"Bar");
  CHECK(name("É") == "É");  // folds ASCII alone
  CHECK(name("U&\"a\"") == "(none)");
  CHECK(name("'a'") == "(none)");
  CHECK(name(std::string(70, 'X')) == std::string(63, 'x'));
  CHECK(name(std::string(63, 'X')) == std::string(63, 'x'));
  CHECK(name(std::string(62, 'x') + "éa") == std::string(62, 'x'));
  CHECK(name(std::string(61, 'x') + "éa") == std::string(61, 'x') + "é");
}

TEST_CASE("words are compared without their case") {
  CHECK(is_word(first_of("SeLeCt"), "select"));
  CHECK_FALSE(is_word(first_of("selec"), "select"));
  CHECK_FALSE(is_word(first_of("\"select\""), "select"));
  CHECK_FALSE(is_word(first_of("@elect"), "`elect"));
  CHECK_FALSE(is_word(first_of("A@"), "a`"));
}

TEST_CASE("the value of a string that has no escapes") {
  CHECK(plain_string(first_of("'a''b'")) == "a'b");
  CHECK(plain_string(first_of("''")) == "");
  CHECK(plain_string(first_of("E'a'")) == "a");
  CHECK(plain_string(first_of("n'a'")) == "a");
  CHECK(plain_string(first_of("$x$a'$x$")) == "a'");
  CHECK(plain_string(first_of("$$$$")) == "");
  for (const char* const other : {"E'a\\n'", "'a\\b'", "U&'a'", "b'1'", "'a'\n'b'", "a", "''\n''"})
    CHECK_FALSE(plain_string(first_of(other)));
}
