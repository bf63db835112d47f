#include "backends/postgres/catalog_maker.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/making.hpp"

using namespace skein::postgres;
using namespace skein::postgres::making;

namespace {

// Of one table `t`, with a text of that kind.
std::function<void(shop&)> a_text(text_kind kind, const char* written) {
  return [=](shop& in) {
    in.function("opaque", opaque);
    in.written(kind, in.relation("t"), written);
  };
}

const std::vector<made_case> functions = {
    {"clear and opaque",
     [](shop& in) {
       in.function("stamp", clear);
       in.function("f", opaque);
     },
     {{"stamp", seen}, {"f", calls}}},
    {"one of two of a name",
     [](shop& in) {
       in.function("f", "SELECT 1", "sql");
       in.function("f", opaque);
     },
     {{"f", calls}}},
    {"a body that is one expression",
     [](shop& in) { in.function("f", "RETURN ($1 + 1)", "sql"); },
     {{"f", seen}}},
    {"other languages", [](shop& in) { in.function("f", "pass", "plpython3u"); }, {{"f", calls}}},
    {"in C",
     [](shop& in) {
       in.function("digest", "", "c", "pgcrypto");
       in.function("similarity", "", "c", "pg_trgm");
       in.function("set_limit", "", "c", "pg_trgm");
       in.function("dblink", "", "c", "dblink");
       in.function("st_area", "", "c", "postgis");
       in.function("checkauthtrigger", "", "c", "postgis");
       in.function("mine", "", "c");
       in.function("span", "range_constructor2", "internal");
       in.function("alias", "set_config_by_name", "internal");
     },
     {{"span", seen},
      {"alias", calls},
      {"digest", seen},
      {"similarity", seen},
      {"set_limit", calls},
      {"dblink", calls},
      {"st_area", seen},
      {"checkauthtrigger", calls},
      {"mine", calls}}},
    {"one that calls itself",
     [](shop& in) { in.function("f", "BEGIN RETURN f($1 - 1); END"); },
     {{"f", seen}}},
    {"two that call each other",
     [](shop& in) {
       in.function("f", "BEGIN RETURN g(1); END");
       in.function("g", "BEGIN RETURN f(1); END");
     },
     {{"f", seen}, {"g", seen}}},
    {"two that call each other and one more",
     [](shop& in) {
       in.function("f", "BEGIN RETURN g(1); END");
       in.function("g", "BEGIN RETURN f(h(1)); END");
       in.function("h", opaque);
     },
     {{"f", calls}, {"g", calls}, {"h", calls}}},
    {"called like a column",
     [](shop& in) {
       in.function("f", opaque);
       in.code.functions.back().as_column = true;
       in.function("g", "BEGIN RETURN (x).f; END");
     },
     {{"f", {.calling = true, .as_column = true, .seen_through = true}}, {"g", calls}}},
    {"aggregates",
     [](shop& in) {
       in.link(link_kind::function_of_aggregate, in.function("f", opaque), in.aggregate("worse"));
       in.link(link_kind::function_of_aggregate, in.function("g", "SELECT $1", "sql"),
               in.aggregate("fine"));
     },
     {{"worse", calls}, {"fine", seen}}},
    {"an aggregate of a function of the server's own",
     [](shop& in) {
       in.code.functions.push_back({.id = 2077, .name = "set_config", .language = "internal"});
       in.link(link_kind::function_of_aggregate, 2077, in.aggregate("worse"));
     },
     {{"worse", calls}, {"set_config", nothing}}},
    {"defaults of arguments",
     [](shop& in) {
       in.function("f", opaque);
       in.written(text_kind::argument_default, in.function("g", "SELECT 1", "sql"), "1, f()");
     },
     {{"g", calls}}},
};

const std::vector<made_case> relations = {
    {"a harmless trigger",
     [](shop& in) {
       const oid stamp = in.function("stamp", clear);
       in.trigger(stamp, in.relation("t"));
     },
     {{"t", nothing}}},
    {"a hidden one",
     [](shop& in) {
       const oid f = in.function("f", opaque);
       in.trigger(f, in.relation("t"));
     },
     {{"t", writes}, {"truncate", nothing}}},
    {"one in C",
     [](shop& in) {
       in.trigger(in.function("moddatetime", "", "c", "moddatetime"), in.relation("t"));
       in.trigger(in.function("mine", "", "c"), in.relation("u"));
     },
     {{"t", nothing}, {"u", writes}}},
    {"on TRUNCATE",
     [](shop& in) { in.trigger(in.function("f", opaque), in.relation("t"), true); },
     {{"t", writes}, {"truncate", writes}}},
    {"a trigger that writes to a table with one",
     [](shop& in) {
       in.trigger(in.function("f", opaque), in.relation("log"));
       in.trigger(in.function("g", "BEGIN INSERT INTO log VALUES (1); END"), in.relation("t"));
       in.trigger(in.function("h", "BEGIN PERFORM 1 FROM log; END"), in.relation("u"));
     },
     {{"log", writes}, {"t", writes}, {"u", nothing}}},
    {"a trigger's condition",
     a_text(text_kind::trigger_condition,
            "CREATE TRIGGER r BEFORE UPDATE ON public.t FOR EACH ROW WHEN (opaque(new.a) AND (1 ="
            " 1)) EXECUTE FUNCTION public.stamp()"),
     {{"t", writes}}},
    {"which is not its function",
     a_text(text_kind::trigger_condition,
            "CREATE TRIGGER \"when\" BEFORE UPDATE ON public.t FOR EACH ROW WHEN ((old.* IS "
            "DISTINCT FROM new.*)) EXECUTE FUNCTION public.opaque()"),
     {{"t", nothing}}},
    {"an event trigger",
     [](shop& in) { in.trigger(in.function("f", opaque), 0); },
     {{"create", nothing}},
     false,
     true},
    {"a harmless one",
     [](shop& in) { in.trigger(in.function("f", "BEGIN NOTIFY news; END"), 0); },
     {{"create", nothing}}},
    {"a sequence", a_text(text_kind::column, "nextval('t_id_seq'::regclass)"), {{"t", nothing}}},
    {"this session's value", a_text(text_kind::column, "currval('s'::regclass)"), {{"t", writes}}},
    {"a default", a_text(text_kind::column, "public.opaque(1)"), {{"t", writes}}},
    {"computed when read", a_text(text_kind::virtual_column, "opaque(a)"), {{"t", both}}},
    {"a view", a_text(text_kind::view, "SELECT opaque(1)"), {{"t", both}}},
    {"a clear view", a_text(text_kind::view, "SELECT now()"), {{"t", nothing}}},
    {"a materialized one",
     a_text(text_kind::stored_view, "SELECT opaque(1)"),
     {{"t", writes}, {"refresh", writes}}},
    {"a policy", a_text(text_kind::policy, "opaque(owner)"), {{"t", both}}},
    {"a clear policy", a_text(text_kind::policy, "(owner = CURRENT_USER)"), {{"t", nothing}}},
    {"an index",
     a_text(text_kind::index, "opaque(a)"),
     {{"t", writes}, {"analyze", writes}, {"vacuum", writes}}},
    {"a rule",
     a_text(text_kind::rule,
            "CREATE RULE r AS ON INSERT TO public.t DO ALSO SELECT opaque(new.a);"),
     {{"t", writes}}},
    {"a view of a view",
     [](shop& in) {
       in.written(text_kind::view, in.relation("outer"), "SELECT a FROM public.\"inner\"");
       in.written(text_kind::view, in.relation("inner"), "SELECT opaque(1)");
       in.function("opaque", opaque);
     },
     {{"outer", both}, {"inner", both}}},
    {"a view of a table that is written to",
     [](shop& in) {
       const oid t = in.relation("t");
       const oid v = in.relation("v");
       in.trigger(in.function("f", opaque), t);
       in.written(text_kind::view, v, "SELECT a FROM public.t");
       in.link(link_kind::relation_of_view, t, v);
     },
     {{"v", writes}}},
    {"a partition's trigger",
     [](shop& in) {
       const oid all = in.relation("parts");
       const oid part = in.relation("part");
       in.trigger(in.function("f", opaque), part);
       in.link(link_kind::child_of_parent, part, all);
     },
     {{"parts", writes}, {"part", writes}}},
    {"a partition's key",
     [](shop& in) {
       const oid all = in.relation("parts");
       in.link(link_kind::child_of_parent, in.relation("part"), all);
       in.function("opaque", opaque);
       in.written(text_kind::partition_key, all, "opaque(a)");
     },
     {{"parts", writes}, {"part", writes}}},
    {"references that cascade",
     [](shop& in) {
       const oid orders = in.relation("orders");
       in.link(link_kind::child_of_cascade, in.relation("lines"), orders);
       in.trigger(in.function("f", opaque), orders + 3);
     },
     {{"orders", writes}, {"lines", writes}}},
    {"and what they refer to",
     [](shop& in) {
       const oid orders = in.relation("orders");
       in.link(link_kind::child_of_cascade, in.relation("lines"), orders);
       in.trigger(in.function("f", opaque), orders);
     },
     {{"orders", writes}, {"lines", nothing}}},
};

}  // namespace

TEST_CASE("functions") {
  check(functions);
}

TEST_CASE("relations") {
  check(relations);
}

TEST_CASE("a database without hidden code is quiet") {
  shop made;
  const oid t = made.relation("t");
  made.trigger(made.function("stamp", clear), t);
  made.written(text_kind::column, t, "now()");
  made.column(t, made.type("fine"));
  CHECK(make_catalog(made.code)->quiet());
  made.trigger(made.function("f", opaque), t);
  CHECK(make_catalog(made.code)->suspects() == 1);
}
