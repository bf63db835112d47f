#include "backends/postgres/brought_code.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace skein::postgres;

namespace {

// `heard` is read with effects, `written` written to; `opaque` is a function that hides them.
catalog some_catalog() {
  catalog known;
  known.note("heard", {.reading = true});
  known.note("written", {.writing = true});
  known.note("opaque", {.calling = true, .as_column = true});
  known.note("clear", {.seen_through = true});
  known.note("truncate", {.writing = true});
  known.note("like", {.reading = true});
  known.note("###", {.reading = true});
  return known;
}

struct body_case {
  const char* title;
  const char* body;
  bool hidden;
};

const std::vector<body_case> procedures = {
    {"a time stamp", "BEGIN NEW.updated_at := now(); RETURN NEW; END;", false},
    {"and by =, upper case", "BEGIN\n  NEW.Updated_At = CURRENT_TIMESTAMP;\n  RETURN NEW;\nEND",
     false},
    {"an audit by operation", R"(
    BEGIN
        -- One row for each operation.
        IF (TG_OP = 'DELETE') THEN
            INSERT INTO emp_audit SELECT 'D', now(), current_user, OLD.*;
        ELSIF (TG_OP = 'UPDATE') THEN
            INSERT INTO emp_audit SELECT 'U', now(), current_user, NEW.*;
        ELSIF (TG_OP = 'INSERT') THEN
            INSERT INTO emp_audit (op, at, who) VALUES ('I', now(), current_user);
        END IF;
        RETURN NULL; -- after it, this counts for nothing
    END;)",
     false},
    {"checks and errors", R"(
    BEGIN
        IF NEW.name IS NULL THEN
            RAISE EXCEPTION 'name cannot be null' USING ERRCODE = '23502';
        END IF;
        IF (NEW.salary < 0) OR NOT (NEW.salary < 1000) THEN
            RAISE EXCEPTION '% has an odd salary', NEW.name;
        END IF;
        RETURN NEW;
    END;)",
     false},
    {"declarations, loops, INTO", R"(
    <<outer>>
    DECLARE
      total numeric(10,2) := 0;
      one written%ROWTYPE;
      other record;
      step CONSTANT integer NOT NULL DEFAULT 2;
      rows CURSOR (low integer) FOR SELECT * FROM items WHERE n > low;
    BEGIN
      FOR one IN SELECT * FROM items LOOP
        total := total + (one.price);
      END LOOP;
      FOR i IN REVERSE (10)..1 BY (step) LOOP CONTINUE WHEN (i = 3); EXIT outer WHEN (i > 5);
      END LOOP;
      FOREACH i IN ARRAY ARRAY[1, 2] LOOP total = total + i; END LOOP;
      WHILE (total > 0) LOOP total := total - 1; END LOOP;
      SELECT count(*), max(price) INTO STRICT total, other FROM items WHERE (id) = ANY (ARRAY[1]);
      CASE WHEN (total > 1) THEN NULL; ELSE total := CASE total WHEN 1 THEN 2 ELSE 3 END; END CASE;
      GET DIAGNOSTICS total = ROW_COUNT;
      ASSERT (total > 0), 'none';
      RETURN total;
    EXCEPTION WHEN unique_violation THEN
      RETURN NULL;
    END)",
     false},
    {"rows",
     "BEGIN RETURN QUERY SELECT a, b FROM t; RETURN NEXT (1); RETURN QUERY (SELECT 1, 2);"
     " RETURN (1); END",
     false},
    {"notifying", "BEGIN PERFORM pg_notify('news', row_to_json(NEW)::text); RETURN NEW; END",
     false},
    {"another function", "BEGIN PERFORM clear(NEW.id); x := public.clear(1); RETURN NEW; END",
     false},
    {"for its transaction", "BEGIN PERFORM pg_advisory_xact_lock(NEW.id); RETURN NEW; END", false},
    {"quoted names", R"(BEGIN NEW."Updated" := "now"(); PERFORM "clear"(1); END)", false},
    {"an upsert",
     "BEGIN INSERT INTO t AS x (a, b) VALUES (1, (2)) ON CONFLICT (a) DO UPDATE SET"
     " b = excluded.b WHERE (x.b) > 1 RETURNING a INTO y; END",
     false},
    {"another's sequence", "BEGIN NEW.id := nextval('s'); RETURN NEW; END", false},
    {"reading a setting", "BEGIN NEW.who := current_setting('app.user', true); RETURN NEW; END",
     false},

    {"a text", "BEGIN EXECUTE format('insert into %I values (1)', TG_TABLE_NAME); END", true},
    {"a text for rows", "BEGIN FOR r IN EXECUTE q LOOP END LOOP; END", true},
    {"a setting", "BEGIN PERFORM set_config('app.user', NEW.who, false); RETURN NEW; END", true},
    {"SET", "BEGIN SET search_path = audit; RETURN NEW; END", true},
    {"SET LOCAL", "BEGIN SET LOCAL work_mem = '1MB'; RETURN NEW; END", true},
    {"SET behind THEN", "BEGIN IF x THEN SET work_mem = '1MB'; END IF; END", true},
    {"SET behind a label", "BEGIN <<x>> SET work_mem = '1MB'; END", true},
    {"RESET", "BEGIN RESET ALL; END", true},
    {"a lock", "BEGIN PERFORM pg_advisory_lock(1); RETURN NEW; END", true},
    {"a lock quoted", "BEGIN PERFORM \"pg_try_advisory_lock\"(1); RETURN NEW; END", true},
    {"a lock assigned", "BEGIN x := pg_try_advisory_lock(1); END", true},
    {"a temporary table", "BEGIN CREATE TEMP TABLE t (n int); END", true},
    {"CALL", "BEGIN CALL p(); END", true},
    {"DO", "BEGIN DO 'begin end'; END", true},
    {"COMMIT", "BEGIN COMMIT; END", true},
    {"a hidden function", "BEGIN NEW.x := opaque(1); END", true},
    {"as a column", "BEGIN NEW.x := NEW.opaque; END", true},
    {"an unknown one", "BEGIN NEW.x := nobody_knows(1); END", true},
    {"what is read", "BEGIN PERFORM 1 FROM heard; END", true},
    {"what is written", "BEGIN INSERT INTO written VALUES (1); END", true},
    {"an operator", "BEGIN x := 1 ### 2; END", true},
    {"the last value", "BEGIN x := currval('s'); END", true},
    {"no end", "BEGIN x := 'a; END", true},
    {"a backslash", "BEGIN x := 'a\\'; y := ' || opaque(1) || '; END", true},
};

const std::vector<body_case> sql_bodies = {
    {"a query", "SELECT $1 + 1", false},
    {"statements", "UPDATE t SET a = $1; SELECT now();", false},
    {"a clear one", "SELECT clear($1)", false},
    {"printed", "BEGIN ATOMIC\n SELECT (a + 1);\n INSERT INTO t (a) VALUES ((1));\nEND", false},
    {"printed and hidden", "BEGIN ATOMIC\n SELECT opaque(a);\nEND", true},
    {"a setting", "SET work_mem = '1MB'; SELECT 1", true},
    {"a setting called", "SELECT set_config('a.b', '1', false)", true},
    {"a table", "SELECT 1 AS a INTO t", true},
    {"a temporary table", "CREATE TEMP TABLE t (n int)", true},
};

const std::vector<body_case> expressions = {
    {"a time", "now()", false},
    {"a sequence", "nextval('public.t_id_seq'::regclass)", false},
    {"this session's value", "currval('public.t_id_seq'::regclass)", true},
    {"a type", "'new'::public.state", false},
    {"a type that is heard", "'new'::public.heard", true},
    {"a view",
     " SELECT a.b,\n    count(*) FILTER (WHERE (a.c > 0)) AS count\n   FROM (public.a\n"
     "     JOIN public.d ON ((a.b = d.b)))\n  GROUP BY a.b;",
     false},
    {"a rule",
     "CREATE RULE r AS\n    ON INSERT TO public.t DO INSTEAD  INSERT INTO public.u (a)\n"
     "  VALUES (new.a);",
     false},
    {"a rule of two",
     "CREATE RULE r AS\n    ON DELETE TO public.t DO ALSO ( DELETE FROM public.u;\n"
     " UPDATE public.v SET a = 1;\n);",
     false},
    {"a rule that writes",
     "CREATE RULE r AS\n    ON DELETE TO public.t DO INSTEAD  DELETE FROM"
     " public.written;",
     true},
};

void check_bodies(const std::vector<body_case>& cases, code_form form) {
  const catalog known = some_catalog();
  for (const auto& one : cases) {
    CAPTURE(one.title);
    CHECK(hides_effects(one.body, form, known) == one.hidden);
  }
}

struct naming_case {
  std::string text;
  bool named;
};

const std::string seventy(70, 'n');

const std::vector<naming_case> namings = {
    {"select 1", false},
    {"select * from other", false},
    {"select * from heard", true},
    {"select * from HEARD", true},
    {"select * from \"heard\"", true},
    {"select * from \"Heard\"", false},
    {"select * from public.heard", true},
    {"select 'heard'", false},
    {"select 1 -- heard", false},
    {"select * from U&\"h\\0065ard\"", true},
    {"select * from written", false},
    {"select * from written for update", false},
    {"select * from written for no key update of written", false},
    {"insert into written values (1)", true},
    {"with new as (insert into written values (1) returning *) select * from new", true},
    {"update \"written\" set a = 1", true},
    {"delete from written", true},
    {"merge into written using x on true when matched then do nothing", true},
    {"copy written from stdin", true},
    {"alter table written add column a int", true},
    {"lock table written", false},
    {"truncate anything", true},
    {"select 'a' like 'b'", true},
    {"select 'a' LIKE 'b'", true},
    {"select 1 ### 2", true},
    {"select 1 OPERATOR(public.###) 2", true},
    {"select 1 # 2", false},
    {"select opaque(1)", false},
    {"select * from " + seventy, true},
    {"select * from \"" + seventy + "\"", true},
    {"select * from n", false},
    {"select * from h\xc3\xa9", true},
    {"select 'open", true},
};

}  // namespace

TEST_CASE("bodies in PL/pgSQL are seen through, or not") {
  check_bodies(procedures, code_form::procedure_body);
}

TEST_CASE("bodies in SQL are seen through, or not") {
  check_bodies(sql_bodies, code_form::sql_body);
}

TEST_CASE("expressions, queries and rules are seen through, or not") {
  check_bodies(expressions, code_form::expression);
}

TEST_CASE("names in statements are found, and whether they are written to") {
  catalog known = some_catalog();
  known.note(seventy.substr(0, 63), {.reading = true});
  known.note("\xc3\xa4", {.reading = true});
  for (const auto& one : namings) {
    CAPTURE(one.text);
    CHECK(names_brought_code(one.text, true, known) == one.named);
  }
}

TEST_CASE("names that are not ASCII matter once one of them does") {
  CHECK(!names_brought_code("select * from h\xc3\xa9", true, some_catalog()));
}

TEST_CASE("who defines something fires event triggers; columns may be called like commands") {
  catalog known;
  known.note_defining();
  CHECK(!known.quiet());
  for (const auto* sql :
       {"create table t (n int)", "ALTER TABLE t ADD m int", "select 1; drop table t",
        "grant select on t to public", "comment on table t is 'a'", "select 1 as a into t",
        "explain analyze create table t as select 1", "refresh materialized view v"}) {
    CAPTURE(sql);
    CHECK(names_brought_code(sql, true, known));
  }
  CHECK(!names_brought_code("select id, comment, security from t where import = 1", true, known));
  CHECK(!names_brought_code("update t set comment = 'drop'", true, known));
  CHECK(!names_brought_code("insert into t values (1)", true, known));
  CHECK(!names_brought_code("merge into t using u on true", true, known));
  CHECK(!hides_effects("BEGIN SELECT 1 INTO a; END", code_form::procedure_body, known));
}

TEST_CASE("where every statement may run such code, all do") {
  catalog known;
  CHECK(!names_brought_code("select 1", true, known));
  known.note_everywhere();
  CHECK(names_brought_code("select 1", true, known));
  CHECK(hides_effects("1", code_form::expression, known));
}

TEST_CASE("functions that are called like key words, or of a value, are calls all the same") {
  catalog known;
  known.note("next", {.calling = true});
  known.note("substring", {.calling = true});
  known.note("total", {.calling = true});
  const auto hides = [&](std::string_view body) {
    return hides_effects(body, code_form::procedure_body, known);
  };
  CHECK(hides("BEGIN NEW.id := next('order'); RETURN NEW; END"));
  CHECK(hides("BEGIN NEW.a := substring(NEW.b, 1); RETURN NEW; END"));
  CHECK(hides("BEGIN RETURN (NEW).total; END"));
  CHECK(!hides("BEGIN IF (NEW.total > 1) THEN RETURN NEW; END IF; RETURN NULL; END"));
  CHECK(hides("DECLARE \"v\" int; BEGIN SELECT INTO \"v\" pg_advisory_lock(1); END"));
}
