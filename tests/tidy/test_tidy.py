# Every rule of tidy on small bad examples, each beside a good one: a rule that cannot fail is none.
import tempfile
import unittest
from pathlib import Path

import arrows
import coroutines
import dead
import formatting
import sizes
import sources
import tidy
import words
from sources import Finding, Source

OPENING = "// What it is.\n"


def tree(**files):
    """Sources by name; `__` stands for a slash, a final `_hpp` or `_cpp` for the ending."""
    def path(name):
        name = name.replace("__", "/")
        return name[:-4] + "." + name[-3:] if name[-4:] in ("_hpp", "_cpp") else name
    return [Source(path(name), text) for name, text in files.items()]


def rules(findings):
    return sorted({f.rule for f in findings})


def said(check, path, text):
    return [f.text for f in check([Source(path, text)])]


class Arrows(unittest.TestCase):
    def refusal(self, path, include):
        others = ["net/stream.hpp", "backends/error.hpp", "backends/one/wire.hpp", "conf/load.hpp",
                  "backends/two/wire.hpp", "backends/registry/registry.hpp", "proxy/session.hpp",
                  "routing/plan.hpp", "routing/topologies/tree.hpp", "metrics/log.hpp"]
        files = [Source(p, "") for p in others if p != path]
        return [f.text for f in arrows.check([*files, Source(path, f"#include {include}\n")])]

    def test_arrows_of_the_design_are_allowed(self):
        for path, include in [("proxy/x.cpp", '"net/stream.hpp"'),
                              ("backends/one/x.cpp", '"backends/error.hpp"'),
                              ("backends/one/x.cpp", '"backends/one/wire.hpp"'),
                              ("backends/registry/x.cpp", '"backends/two/wire.hpp"'),
                              ("routing/x.cpp", '"routing/topologies/tree.hpp"'),
                              ("cluster/x.cpp", '"metrics/log.hpp"'),
                              ("cli/x.cpp", '"backends/registry/registry.hpp"'),
                              ("tests/unit/x.cpp", '"proxy/session.hpp"'),
                              ("net/x.cpp", "<boost/asio.hpp>"),
                              ("conf/x.cpp", "<yaml-cpp/yaml.h>")]:
            self.assertEqual(self.refusal(path, include), [], (path, include))

    def test_arrows_against_the_design_are_not(self):
        for path, include in [("net/x.cpp", '"backends/error.hpp"'),
                              ("conf/x.cpp", '"net/stream.hpp"'),
                              ("backends/x.cpp", '"net/stream.hpp"'),
                              ("backends/x.cpp", '"backends/one/wire.hpp"'),
                              ("backends/one/x.cpp", '"backends/two/wire.hpp"'),
                              ("backends/one/x.cpp", '"routing/plan.hpp"'),
                              ("backends/one/x.cpp", '"backends/registry/registry.hpp"'),
                              ("routing/x.cpp", '"net/stream.hpp"'),
                              ("proxy/x.cpp", '"backends/one/wire.hpp"'),
                              ("proxy/x.cpp", '"conf/load.hpp"'),
                              ("cluster/x.cpp", '"proxy/session.hpp"'),
                              ("metrics/x.cpp", '"backends/error.hpp"'),
                              ("routing/x.cpp", "<boost/asio.hpp>"),
                              ("proxy/x.cpp", "<openssl/ssl.h>"),
                              ("unheard/x.cpp", '"net/stream.hpp"'),
                              ("proxy/x.cpp", '"session.hpp"')]:
            self.assertTrue(self.refusal(path, include), (path, include))

    def test_pure_folders_do_no_io_and_read_no_clock(self):
        self.assertTrue(said(arrows.check, "routing/x.cpp", "auto t = steady_clock::now();\n"))
        self.assertTrue(said(arrows.check, "conf/x.cpp", "asio::io_context c;\n"))
        self.assertFalse(said(arrows.check, "conf/x.cpp", "// asio::io_context stands elsewhere\n"))
        self.assertFalse(said(arrows.check, "cluster/x.cpp", "auto t = steady_clock::now();\n"))


class Sizes(unittest.TestCase):
    def findings(self, text, path="net/x.cpp"):
        return rules(sizes.check([Source(path, text)]))

    def test_files(self):
        self.assertEqual(self.findings(OPENING + "\n" * 399), [])
        self.assertEqual(self.findings(OPENING + "\n" * 400), ["file-size"])
        self.assertEqual(self.findings("# It.\n" + "\n" * 400, "scripts/x.sh"), ["file-size"])

    def test_width(self):
        self.assertEqual(self.findings(OPENING + "x" * 100 + "\n"), [])
        self.assertEqual(self.findings(OPENING + "x" * 101 + "\n"), ["width"])
        self.assertEqual(self.findings(OPENING + "int x; \n"), ["width"])
        self.assertEqual(self.findings(OPENING + "\tint x;\n"), ["width"])
        self.assertEqual(self.findings(OPENING + 'auto x = R"(a\tb \nc)";\n'), [])

    def test_opening(self):
        self.assertEqual(self.findings("int x;\n"), ["opening"])
        self.assertEqual(self.findings(OPENING * 7), ["opening"])
        self.assertEqual(self.findings(OPENING * 6 + "//\n//  example();\n"), [])
        self.assertEqual(self.findings("#!/bin/sh\nset -e\n", "scripts/x.sh"), ["opening"])
        self.assertEqual(self.findings("#!/bin/sh\n# It.\n", "scripts/x.sh"), [])

    def test_a_source_may_leave_the_opening_to_its_header(self):
        files = tree(net__tls_hpp=OPENING, net__tls_cpp="int x;\n", tests__unit__net__tls_cpp="\n")
        self.assertEqual(sizes.check(files), [])

    def measured(self, text):
        return [(name, count) for name, _, count in sizes.functions_of(Source("x.cpp", text))]

    def test_functions_are_measured(self):
        body = "  call();\n" * 69
        self.assertEqual(self.findings(f"{OPENING}void f() {{\n{body[:-10]}}}\n"), [])
        self.assertEqual(self.findings(f"{OPENING}void f() {{\n{body}}}\n"), ["function-size"])
        inside = f"namespace a {{\nclass b : c<d> {{\n  void f(int x = {{}}) const {{\n{body}  }}\n"
        self.assertEqual(self.findings(OPENING + inside + "};\n}\n"), ["function-size"])

    def test_what_is_a_function(self):
        self.assertEqual(self.measured("int a = 60'000;\nvoid f() {\n  g();\n}\n"), [("f", 3)])
        self.assertEqual(self.measured('void f() {\n  g("}");  // }\n  h(\'}\');\n}\n'), [("f", 4)])
        self.assertEqual(self.measured("a::a(int x)\n    : b_{x},\n      c_(x) {\n  d();\n}\n"),
                         [("a::a", 5)])
        self.assertEqual(self.measured("const table t{\n  {1, 2},\n  {3, 4},\n};\n"), [])
        self.assertEqual(self.measured("enum class e { a, b };\nstruct s {\n  int f();\n};\n"), [])
        self.assertEqual(self.measured('TEST_CASE("{") {\n  CHECK(x);\n}\n'), [("TEST_CASE", 3)])

    def test_functions_of_scripts(self):
        body = "    pass\n" * 70
        self.assertEqual(self.findings(f"# It.\ndef f():\n{body}", "tests/x.py"), ["function-size"])
        self.assertEqual(self.findings(f"# It.\nf() {{\n{body}}}\n", "test.sh"), ["function-size"])
        self.assertEqual(self.findings("# It.\nf() {\n  g\n}\n", "test.sh"), [])


class Words(unittest.TestCase):
    def findings(self, text, path="proxy/x.cpp"):
        return rules(words.check([Source(path, text)]))

    def test_names_that_say_nothing(self):
        for path in ["net/utils.hpp", "common/x.hpp", "net/socket_helper.cpp", "tests/base/x.cpp"]:
            self.assertEqual(self.findings("", path), ["empty-name"], path)
        for text in ["class pool_manager {};\n", "struct base {};\n", "namespace skein::misc {}\n",
                     "using stream_helper = int;\n", "enum class common_kind { a };\n"]:
            self.assertEqual(self.findings(text), ["empty-name"], text)
        for text in ["class database {};\n", "// the class manager of old\n", "int base = 10;\n"]:
            self.assertEqual(self.findings(text), [], text)

    def test_coroutines_have_owners(self):
        self.assertEqual(self.findings("spawn(f(), asio::detached);\n"), ["coroutine"])
        self.assertEqual(self.findings("asio::co_spawn(e, f(), token);\n"), ["coroutine"])
        self.assertEqual(self.findings("asio::co_spawn(e, f(), t);\n", "net/task_group.cpp"), [])
        self.assertEqual(self.findings("// detached is banned\n"), [])

    def test_lambda_coroutines_capture_nothing(self):
        for bad in ["[&]() -> awaitable<> {}", "[x = 1] -> asio::awaitable<int> {}",
                    "[this](int (*f)(int)) mutable -> net::awaitable<> {}"]:
            self.assertEqual(self.findings(f"auto f = {bad};\n"), ["coroutine"], bad)
        for good in ["[](int x) -> awaitable<> {}", "[&](int x) -> int {}", "[this] { f(); }"]:
            self.assertEqual(self.findings(f"auto f = {good};\n"), [], good)
        self.assertEqual(self.findings("[[nodiscard]] auto f() -> awaitable<>;\n"), [])

    def test_headers_open_no_namespace(self):
        self.assertEqual(self.findings("using namespace std;\n", "net/x.hpp"), ["using-namespace"])
        self.assertEqual(self.findings("using namespace std;\n", "net/x.cpp"), [])
        self.assertEqual(self.findings("using namespace std::string_literals;\n", "net/x.hpp"), [])

    def test_databases_are_named_in_their_folders_only(self):
        for text in ["// as PostgreSQL does\n", "int pg_port;\n", 'auto x = "mysql";\n',
                     "#include <libpq-fe.h>\n", "mariadb_thing x;\n", "// pg wants it\n"]:
            self.assertEqual(self.findings(text), ["database-name"], text)
        for path in ["backends/one/x.cpp", "tests/x.cpp", "README.md", "docker/compose.yaml",
                     "quickstart.sh", "conf/samples/x.yaml"]:
            self.assertEqual(self.findings("postgres\n", path), [], path)
        self.assertEqual(self.findings("int png_page;  // upgrade\n"), [])

    def test_no_notes_no_machines(self):
        self.assertEqual(self.findings("// TODO: later\n", "net/x.cpp"), ["notes"])
        self.assertEqual(self.findings("# FIXME\n", "test.sh"), ["notes"])
        self.assertEqual(self.findings("see /home/somebody/x\n", "README.md"), ["machine"])
        self.assertEqual(self.findings('x="/work/main"\n', "test.sh"), ["machine"])
        self.assertEqual(self.findings("as issue #12 says\n", "README.md"), ["machine"])
        self.assertEqual(self.findings('x="$HOME/x" y=tests/work/z\n', "test.sh"), [])


class Dead(unittest.TestCase):
    def test_headers(self):
        files = tree(net__a_hpp="", net__a_cpp='#include "net/a.hpp"\n')
        self.assertEqual([f.path for f in dead.check_headers(files)], ["net/a.hpp"])
        files += tree(net__b_cpp='#include "net/a.hpp"\n')
        self.assertEqual(dead.check_headers(files), [])

    def test_sources(self):
        build = Source("CMakeLists.txt", "skein_folder(net LINKS x)\n")
        unit = Source("tests/CMakeLists.txt", "skein_unit(conf)\n")
        inner = Source("tests/fuzz/CMakeLists.txt", "fuzz_target(decoder)\nadd(x start*.cpp)\n")
        alive = tree(net__a_cpp="", tests__unit__conf__b_cpp="", tests__fuzz__decoder_cpp="",
                     tests__fuzz__startup_cpp="")
        self.assertEqual(dead.check_targets([build, unit, inner, *alive]), [])
        for path in ["net/inner/a.cpp", "conf/a.cpp", "tests/unit/net/a.cpp", "tests/fuzz/b.cpp"]:
            found = dead.check_targets([build, unit, inner, Source(path, "")])
            self.assertEqual([f.path for f in found], [path])

    def test_scripts(self):
        files = tree(**{"scripts__a.sh": "", "quickstart.sh": "", "tests__x__test_b.py": ""})
        self.assertEqual(len(dead.check_scripts(files)), 2)
        files += tree(**{"test.sh": "scripts/a.sh\n", "tests__x__CMakeLists.txt": "unittest"})
        self.assertEqual(dead.check_scripts(files), [])


class Coroutines(unittest.TestCase):
    def test_no_wait_hangs_on_a_choice_in_one_expression(self):
        for bad in ["while (a && co_await b) {}", "x = a ? co_await b : c;",
                    "if (a ||\n co_await f(b)) return;",
                    "co_await f({1, 2});", "co_await f(a, {});"]:
            self.assertEqual(rules(coroutines.check([Source("net/x.cpp", bad)])), ["await"], bad)
        for good in ["if (a && b) co_return co_await c;", "for (; a || b; ++c) co_await d;",
                     "if (a && b) {\nco_await c;\n}", "// a && co_await b",
                     "const x a{1}; co_await f(a);", "co_await f(); g({});"]:
            self.assertEqual(coroutines.check([Source("net/x.cpp", good)]), [], good)


class Format(unittest.TestCase):
    @unittest.skipUnless(formatting.is_installed(), "clang-format-19 is not installed")
    def test_the_formatter_is_heard(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, ".clang-format").write_text("BasedOnStyle: Google\n")
            Path(folder, "good.cpp").write_text("int x;\n")
            Path(folder, "bad.cpp").write_text("int   x;\n")
            found = formatting.check(sources.load(folder), folder)
            self.assertEqual([(f.rule, f.path, f.line) for f in found], [("format", "bad.cpp", 1)])


class Exceptions(unittest.TestCase):
    found = [Finding("width", "net/a.cpp", 3, "wide"), Finding("dead", "net/b.hpp", 0, "dead")]

    def test_an_exception_excuses_one_rule_of_one_file(self):
        left = tidy.apply_exceptions(self.found, "# word\nwidth net/a.cpp a table of bytes\n")
        self.assertEqual([str(f) for f in left], ["net/b.hpp: dead [dead]"])

    def test_a_stale_one_and_one_without_reason_are_findings(self):
        left = tidy.apply_exceptions([], "width net/a.cpp a table of bytes\n")
        self.assertIn("stale", left[0].text)
        left = tidy.apply_exceptions(self.found, "width net/a.cpp\n")
        self.assertEqual(len(left), 3)


if __name__ == "__main__":
    unittest.main()
