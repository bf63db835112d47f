#include "metrics/json.hpp"

#include <doctest/doctest.h>

#include <limits>

using skein::metrics::json_writer;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  skein::metrics::append_escaped(out, text);
  return out;
}

std::string number(double value) {
  std::string out;
  skein::metrics::append_number(out, value);
  return out;
}

}  // namespace

TEST_CASE("objects and arrays nest, with commas where they belong") {
  json_writer json;
  json.begin_object().member("name", "shop").key("members").begin_array();
  json.begin_object().member("up", true).member("lag", 0.5).end_object();
  json.begin_object().end_object();
  json.value(7).value(nullptr).begin_array().end_array().end_array();
  json.member("epoch", std::uint64_t{18446744073709551615U}).end_object();
  CHECK(json.text() == R"({"name":"shop","members":[{"up":true,"lag":0.5},{},7,null,[]],)"
                       R"("epoch":18446744073709551615})");
}

TEST_CASE("text is escaped so that it ends neither its string nor its line") {
  CHECK(escaped("a\"b\\c") == R"(a\"b\\c)");
  CHECK(escaped("one\ntwo\r\tthree") == R"(one\ntwo\r\tthree)");
  CHECK(escaped(std::string_view("\0\x1b[31m\x7f", 7)) == R"(\u0000\u001b[31m\u007f)");
  CHECK(escaped("\xc2\x9b") == R"(\u009b)");  // one byte CSI: terminals obey it
}

TEST_CASE("well-formed UTF-8 passes, the rest is replaced byte by byte") {
  CHECK(escaped("gänse 鳥 🪿") == "gänse 鳥 🪿");
  const std::string broken = "\xef\xbf\xbd";
  CHECK(escaped("\xff") == broken);
  CHECK(escaped("a\xc3") == "a" + broken);                                  // cut short
  CHECK(escaped("\xc0\xaf") == broken + broken);                            // overlong
  CHECK(escaped("\xe0\x80\xaf") == broken + broken + broken);               // overlong
  CHECK(escaped("\xed\xa0\x80") == broken + broken + broken);               // a surrogate
  CHECK(escaped("\xf4\x90\x80\x80") == broken + broken + broken + broken);  // past U+10FFFF
  CHECK(escaped("\xc3(") == broken + "(");                                  // what follows survives
}

TEST_CASE("numbers read back the same, and what is none becomes null") {
  CHECK(number(0.1) == "0.1");
  CHECK(number(-3) == "-3");
  CHECK(number(1e300) == "1e+300");
  CHECK(number(std::numeric_limits<double>::infinity()) == "null");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "null");
}
