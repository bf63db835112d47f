#include "backends/postgres/hidden_code.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/making.hpp"

using namespace skein::postgres;
using namespace skein::postgres::making;

namespace {

const std::vector<made_case> types = {
    {"a domain's check, in tables, arrays, rows and signatures",
     [](shop& in) {
       in.function("opaque", opaque);
       const oid mail = in.type("mail");
       in.written(text_kind::domain_check, mail, "opaque(VALUE)");
       in.column(in.relation("users"), mail);
       const oid pair = in.relation("pair");
       in.column(pair, shop::array_of(mail));
       in.column(in.relation("outer"), shop::row_of(pair));
       in.link(link_kind::type_of_type, mail, in.type("work_mail"));
       in.link(link_kind::type_of_function, mail, in.function("g", "SELECT 1", "sql"));
       in.column(in.relation("other"), in.type("fine"));
     },
     {{"mail", reads},
      {"_mail", reads},
      {"users", reads},
      {"pair", reads},
      {"outer", reads},
      {"work_mail", reads},
      {"g", calls},
      {"other", nothing},
      {"fine", nothing}}},
    {"a domain's default",
     [](shop& in) {
       in.function("opaque", opaque);
       const oid mail = in.type("mail");
       in.written(text_kind::domain_default, mail, "opaque(1)");
       in.column(in.relation("users"), mail);
     },
     {{"mail", writes}, {"users", writes}}},
    {"an operator of a type",
     [](shop& in) {
       const oid money = in.type("euro");
       in.column(in.relation("prices"), money);
       in.sign("+", in.function("plus", opaque), money, int4);
     },
     {{"euro", reads}, {"prices", reads}, {"+", nothing}, {"plus", calls}}},
    {"one in C, or clear",
     [](shop& in) {
       const oid money = in.type("euro");
       in.sign("+", in.function("plus", "", "c"), money, money);
       in.sign("-", in.function("minus", "SELECT $1", "sql"), money, money);
     },
     {{"euro", nothing}, {"plus", calls}}},
    {"one between the server's own",
     [](shop& in) {
       const oid f = in.function("f", opaque);
       in.sign("###", f, int4, int4);
       in.sign("~~*", f, int4, text);
       in.link(link_kind::operator_of_operator, in.last, in.sign("!##", 1, text, int4));
     },
     {{"###", reads}, {"~~*", reads}, {"ilike", reads}, {"like", nothing}, {"!##", reads}}},
    {"one that is used unnamed",
     [](shop& in) { in.sign("=", in.function("f", opaque), int4, text); },
     {{"=", reads}},
     true},
    {"a function of the server's own behind an operator",
     [](shop& in) {
       in.code.functions.push_back(
           {.id = 2880, .name = "pg_advisory_lock", .language = "internal"});
       in.sign("###", 2880, int4, int4);
     },
     {{"###", reads}}},
    {"casts",
     [](shop& in) {
       const oid money = in.type("euro");
       in.code.casts.push_back({in.function("f", opaque), int4, money});
       in.code.casts.push_back({in.function("g", "", "c"), int4, text});
     },
     {{"euro", reads}}},
    {"a cast between the server's own",
     [](shop& in) { in.code.casts.push_back({in.function("f", opaque), int4, text}); },
     {},
     true},
    {"an operator class",
     [](shop& in) {
       const oid euro = in.type("euro");
       in.link(link_kind::function_of_family, in.function("f", opaque), 900001);
       in.code.classes.push_back({900001, "euro_ops", euro, true});
       in.code.classes.push_back({900001, "odd_ops", int4, false});
       in.link(link_kind::family_of_index, 900001, in.relation("indexed"));
       in.link(link_kind::family_of_range, 900001, in.type("euros"));
     },
     {{"euro", reads},
      {"euro_ops", writes},
      {"odd_ops", writes},
      {"indexed", both},
      {"euros", reads},
      {"analyze", writes}}},
    {"a default one of a type of the server's own",
     [](shop& in) {
       const oid less = in.sign("<<<", in.function("f", opaque), text, text);
       in.link(link_kind::operator_of_family, less, 900001);
       in.code.classes.push_back({900001, "json_ops", 114, true});
     },
     {},
     true},
    {"partitions by a class, and a constraint by an operator",
     [](shop& in) {
       const oid less = in.sign("<<<", in.function("f", opaque), text, text);
       in.link(link_kind::operator_of_family, less, 900001);
       const oid all = in.relation("parts");
       in.link(link_kind::child_of_parent, in.relation("part"), all);
       in.link(link_kind::family_of_partitions, 900001, all);
       in.link(link_kind::operator_of_constraint, less, in.relation("excluding"));
     },
     {{"parts", both}, {"part", both}, {"excluding", writes}}},
    {"a range's difference",
     [](shop& in) {
       const oid f = in.function("f", opaque);
       in.link(link_kind::function_of_range, f, in.type("span"));
     },
     {{"span", reads}}},
};

}  // namespace

TEST_CASE("types, operators and casts") {
  check(types);
}

TEST_CASE("types are known by their numbers too") {
  shop in;
  in.function("opaque", opaque);
  const oid mail = in.type("mail");
  in.written(text_kind::domain_check, mail, "opaque(VALUE)");
  const oid fine = in.type("fine");
  const auto made = make_catalog(in.code);
  CHECK(made->suspects_type(mail));
  CHECK(made->suspects_type(shop::array_of(mail)));
  CHECK_FALSE(made->suspects_type(fine));
}
