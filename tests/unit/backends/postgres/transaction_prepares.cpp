// PREPARE, EXECUTE and DEALLOCATE in SQL over borrowed servers: they give and take the same names
// as the protocol does, and hold no server.
#include "tests/unit/backends/postgres/borrowing.hpp"

using namespace skein;
using namespace wire;

namespace {

// A client that has prepared "mine".
struct prepared : borrowing {
  prepared() {
    client(query("PREPARE mine (int) AS SELECT $1"));
    server(parsed + ready('I'));
    at_server();
    at_client();
  }
  postgres::server_memory other{borrowing::greeting(), 100};
};

const std::string executed = columns + row("1") + complete() + ready('I');

}  // namespace

TEST_CASE("a PREPARE is sent as a Parse, and holds no server") {
  borrowing one;
  one.client(query("PREPARE mine (int) AS SELECT $1"));
  const std::string sent = one.at_server();
  CHECK(sent == message('P', text("skein_1\0SELECT $1\0\0\1") + u32(23)) + sync_message);
  one.server(parsed + ready('I'));
  CHECK(one.at_client() == complete("PREPARE") + ready('I'));
  CHECK_FALSE(one.lent);
  CHECK(one.talk.pin().empty());
  // The same of another name is there already.
  one.client(query("prepare other(integer) as SELECT $1"));
  CHECK(one.at_server() == sync_message);
  one.server(ready('I'));
  CHECK(one.at_client() == complete("PREPARE") + ready('I'));
}

TEST_CASE("EXECUTE runs it on any server, where it is prepared first") {
  prepared one;
  one.client(query("execute mine(1)"));
  CHECK(one.at_server() == query("execute skein_1(1)"));
  one.server(executed);
  CHECK(one.at_client() == executed);
  CHECK_FALSE(one.lent);
  one.next = &one.other;
  one.client(query("EXPLAIN EXECUTE \"mine\"(1)"));
  CHECK(types(one.at_server()) == "PS");
  one.server(parsed + ready('I'));
  CHECK(one.at_client().empty());
  CHECK(one.at_server() == query("EXPLAIN EXECUTE skein_1(1)"));
  one.server(executed);
  CHECK(one.at_client() == executed);
  CHECK_FALSE(one.lent);
}

TEST_CASE("where it cannot be prepared again EXECUTE hears why") {
  prepared one;
  one.next = &one.other;
  SUBCASE("alone") {
    one.client(query("execute mine(1)"));
    one.server(failed("42P01", "no table") + ready('I'));
    CHECK(one.at_client() == failed("42P01", "no table") + ready('I'));
    CHECK_FALSE(one.lent);
  }
  SUBCASE("in a block") {
    one.client(begin);
    one.server(in_block);
    one.at_client();
    one.client(query("execute mine(1)"));
    one.server(failed("42P01", "no table") + ready('E'));
    CHECK(one.at_client() == failed("42P01", "no table") + ready('E'));
    CHECK(one.lent);
  }
}

TEST_CASE(
    "a PREPARE that fails leaves no name behind, and its error stands where the client wrote") {
  borrowing one;
  one.client(query("PREPARE mine AS SELECT x"));
  one.server(message('E', text("SERROR\0C42703\0Mno x\0P8\0\0")) + ready('I'));
  const std::string heard = one.at_client();
  CHECK(types(heard) == "EZ");
  CHECK(error_field(heard, 'P') == "24");
  one.at_server();
  one.client(query("execute mine"));
  CHECK(one.at_server() == query("execute mine"));
}

TEST_CASE("an error of EXECUTE tells the client's name and position") {
  prepared one;
  one.client(query("execute \"mine\"(1, x)"));
  CHECK(one.at_server() == query("execute skein_1(1, x)"));
  one.server(message('E', text("SERROR\0C42601\0Mwrong number for \"skein_1\"\0P17\0\0")) +
             ready('I'));
  const std::string heard = one.at_client();
  CHECK(error_field(heard, 'M') == "wrong number for \"mine\"");
  CHECK(error_field(heard, 'P') == "16");
}

TEST_CASE("names are one, whether SQL or the protocol gives them") {
  prepared one;
  SUBCASE("a Bind of what was prepared in SQL") {
    one.client(bind("mine") + execute + sync_message);
    CHECK(holds(one.at_server(), "skein_1"));
  }
  SUBCASE("an EXECUTE of what was prepared by the protocol") {
    one.client(parse("other", "select 2") + sync_message);
    one.server(parsed + ready('I'));
    one.at_server();
    one.client(query("execute other"));
    CHECK(one.at_server() == query("execute skein_2"));
  }
  SUBCASE("a name that is taken, in SQL") {
    one.client(query("prepare mine as select 2"));
    CHECK(types(one.at_server()) == "ES");
    one.server(failed("34000", "no such portal") + ready('I'));
    CHECK(error_field(one.at_client(), 'C') == "42P05");
  }
  SUBCASE("and by the protocol") {
    one.client(parse("mine", "select 2") + sync_message);
    one.server(failed("34000", "no such portal") + ready('I'));
    CHECK(error_field(one.at_client(), 'C') == "42P05");
  }
  SUBCASE("DEALLOCATE, answered here") {
    one.client(query("deallocate mine"));
    CHECK(one.at_client() == complete("DEALLOCATE") + ready('I'));
    CHECK_FALSE(one.lent);
    one.client(query("execute mine"));
    CHECK(one.at_server() == query("execute mine"));
  }
}

TEST_CASE("by the extended protocol the portal's Execute is what gives and takes a name") {
  borrowing one;
  const std::string prepare = "PREPARE mine AS SELECT 1";
  one.client(parse("", prepare) + bind("") + describe('P', "") + execute + sync_message);
  const std::string sent = one.at_server();
  CHECK(types(sent) == "PBDPS");
  CHECK(holds(sent, prepare));
  CHECK(holds(sent, text("skein_1\0SELECT 1")));
  one.server(parsed + bound + no_data + parsed + ready('I'));
  CHECK(one.at_client() == parsed + bound + no_data + complete("PREPARE") + ready('I'));
  CHECK_FALSE(one.lent);

  postgres::server_memory other{borrowing::greeting(), 100};
  one.next = &other;
  one.client(parse("", "execute mine") + bind("") + execute + sync_message);
  const std::string run = one.at_server();
  CHECK(types(run) == "PPBES");
  CHECK(holds(run, "execute skein_1"));
  one.server(parsed + parsed + bound + complete() + ready('I'));
  CHECK(types(one.at_client()) == "12CZ");
  CHECK_FALSE(one.lent);

  one.client(parse("", "deallocate mine") + bind("") + execute + sync_message);
  CHECK(types(one.at_server()) == "PBS");
  one.server(parsed + bound + ready('I'));
  CHECK(one.at_client() == parsed + bound + complete("DEALLOCATE") + ready('I'));
  one.client(query("execute mine"));
  CHECK(one.at_server() == query("execute mine"));
}

TEST_CASE("a prepared EXECUTE follows the name to what it stands for now") {
  for (const std::string_view name : {"", "runs"}) {
    CAPTURE(name);
    prepared one;
    one.client(parse(name, "execute mine(1)") + sync_message);
    CHECK(holds(one.at_server(), "execute skein_1(1)"));
    one.server(parsed + ready('I'));
    one.client(parse("again", "deallocate mine") + bind("again") + execute +
               parse("new", "prepare mine(int) as select 2") + bind("new") + execute +
               sync_message);
    one.at_server();
    one.server(parsed + bound + parsed + bound + parsed + ready('I'));
    one.at_client();
    one.client(bind(name) + execute + sync_message);
    const std::string sent = one.at_server();
    CHECK(types(sent) == "PBES");
    CHECK_FALSE(holds(sent, "execute skein_1(1)"));
    CHECK(holds(sent, "execute skein_"));
  }
}

TEST_CASE("names in a message of several statements") {
  prepared one;
  one.next = &one.other;
  SUBCASE("are replaced where they are the client's") {
    one.client(query("execute mine(1); execute other; execute mine(2)"));
    CHECK(types(one.at_server()) == "PS");
    one.server(parsed + ready('I'));
    CHECK(one.at_server() == query("execute skein_1(1); execute other; execute skein_1(2)"));
  }
  SUBCASE("and may be made anew") {
    one.client(query("deallocate mine; prepare mine as select 2; execute mine"));
    one.server(parsed + ready('I'));
    CHECK(holds(one.at_server(), "deallocate skein_2; prepare mine as select 2; execute mine"));
    one.client(query("execute mine"));
    CHECK(one.at_server().empty());
    SUBCASE("which stands") {
      one.server(complete("DEALLOCATE") + complete("PREPARE") + complete() + ready('I'));
      one.at_client();
      const std::string look = one.at_server();
      CHECK(holds(look, "skein_look_prepared"));
      one.server(well(look));
      CHECK(one.at_server() == query("execute mine"));
    }
    SUBCASE("or was not reached") {
      one.server(failed("57014", "cancelled") + ready('I'));
      one.at_client();
      CHECK(holds(one.at_server(), "skein_look_prepared"));
    }
  }
}

TEST_CASE("a long EXECUTE is passed on as it comes") {
  prepared one;
  const std::string value(200'000, 'x');
  one.client(query("execute mine('" + value + "')"));
  CHECK(one.at_server() == query("execute skein_1('" + value + "')"));
}

TEST_CASE("a plan that fits no more is prepared anew for EXECUTE too") {
  prepared one;
  one.client(query("execute mine(1)"));
  one.server(stale_plan() + ready('I'));
  one.at_server();
  one.client(query("execute mine(1)"));
  CHECK(types(one.at_server()) == "PS");
  one.server(parsed + ready('I'));
  CHECK(one.at_server() == query("execute skein_2(1)"));
}

TEST_CASE("what EXECUTE leaves behind is what its statement does") {
  borrowing one;
  one.client(query("prepare mine as select set_config('work_mem', $1, false)"));
  one.server(parsed + ready('I'));
  CHECK_FALSE(one.lent);
  one.client(query("execute mine('2MB')"));
  one.at_server();
  one.server(complete() + ready('I'));
  CHECK(holds(one.at_server(), "work_mem"));
  CHECK(one.lent);
}

TEST_CASE("a PREPARE that is no Parse goes to the server, and is looked for there") {
  for (const std::string sql : {"prepare mine (mood) as select $1", "prepare mine as begin",
                                "prepare mine as select 1; select 2"}) {
    CAPTURE(sql);
    borrowing one;
    one.client(query(sql));
    CHECK(one.at_server() == query(sql));
    one.server(complete("PREPARE") + ready('I'));
    CHECK(holds(one.at_server(), "skein_look_prepared"));
  }
}

TEST_CASE("an unnamed EXECUTE that is skipped before its turn leaves the one before as it was") {
  borrowing one;
  one.client(parse("", "execute b") + sync_message);
  one.server(parsed + ready('I'));
  one.at_client();
  one.at_server();
  // What `a` is hangs on an answer, and with it comes the one that has the EXECUTE skipped.
  one.client(parse("a", "select 1") + sync_message + bind("none") + parse("", "execute a") +
             bind("") + execute + sync_message);
  CHECK(types(one.at_server()) == "PSE");
  one.server(parsed + ready('I') + failed("34000", "no such portal"));
  one.server(ready('I'));
  CHECK(types(one.at_client()) == "1ZEZ");
  CHECK(types(one.at_server()) == "S");
  one.client(parse("", "execute b") + sync_message);
  CHECK(holds(one.at_server(), "execute b"));
}
