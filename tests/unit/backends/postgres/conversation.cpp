#include <random>

#include "tests/unit/backends/postgres/conversing.hpp"

using namespace skein;
using namespace skein::conversing;

TEST_CASE("a simple query and its answer pass unchanged, as one action each") {
  exchange one;
  CHECK(one.talk.at_rest());
  one.client(one_query);
  CHECK(one.actions.all().size() == 1);
  CHECK(one.talk.busy());
  CHECK_FALSE(one.talk.at_rest());
  one.server(answered);
  CHECK(one.actions.all().size() == 1);
  CHECK(one.to_server == one_query);
  CHECK(one.to_client == answered);
  CHECK(one.talk.at_rest());
  CHECK_FALSE(one.talk.busy());
  CHECK(one.talk.counts().queries_started == 1);
  CHECK(one.talk.counts().queries_finished == 1);
  CHECK(one.talk.counts().errors_seen == 0);
}

TEST_CASE("split at every byte the outcome is the same") {
  const std::string asked = wire::message('P', std::string(20, 'x')) + wire::message('B', "abc") +
                            wire::message('D', "S") + wire::message('E', "portal") +
                            wire::message('S') + one_query;
  const std::string reply = wire::message('1') + wire::message('2') + row + wire::complete() +
                            wire::ready('T') + failed_answer + wire::ready('E');
  for (std::size_t cut = 0; cut <= std::max(asked.size(), reply.size()); ++cut) {
    exchange one;
    const auto at = std::min(cut, asked.size());
    one.client(asked.substr(0, at));
    one.client(asked.substr(at));
    const auto reply_at = std::min(cut, reply.size());
    one.server(reply.substr(0, reply_at));
    one.server(reply.substr(reply_at));
    CHECK(one.to_server == asked);
    CHECK(one.to_client == reply);
    CHECK_FALSE(one.talk.busy());
    CHECK_FALSE(one.talk.at_rest());  // in a failed transaction
    CHECK(one.talk.counts().errors_seen == 1);
    CHECK(one.talk.counts().queries_finished == 2);
    one.client(wire::query("rollback"));
    one.server(wire::complete("ROLLBACK") + wire::ready('I'));
    CHECK(one.talk.at_rest());
  }
}

TEST_CASE("nothing of a header is taken before its fifth byte") {
  for (std::size_t size = 1; size < 5; ++size) {
    exchange one;
    one.client(one_query + one_query.substr(0, size));
    CHECK(one.to_server == one_query);
    CHECK(one.client_held.size() == size);
    one.server(answered.substr(0, size));
    CHECK(one.to_client.empty());
  }
}

TEST_CASE("a body of nearly a gigabyte passes without being seen whole") {
  exchange one;
  one.client(one_query);
  one.server("D" + wire::u32(0x3fffffff));
  const std::string chunk(1 << 16, 'x');
  std::uint64_t left = 0x3fffffff - 4;
  action_list actions;
  while (left != 0) {
    const auto size = std::min<std::uint64_t>(left, chunk.size());
    actions.clear();
    one.talk.from_server(wire::bytes(chunk).first(size), actions);
    REQUIRE(actions.all().size() == 1);
    REQUIRE(actions.all()[0].bytes == size);
    left -= size;
  }
  one.server(wire::complete() + wire::ready('I'));
  CHECK(one.talk.at_rest());
}

TEST_CASE("what a client may not send ends the session with a clear error") {
  for (const auto& bad :
       {wire::message('z', "abc"), wire::message('p', "password"), std::string(5, '\0'),
        "Q" + wire::u32(3), "Q" + wire::u32(0), "Q" + wire::u32(0x40000001),
        "Q" + wire::u32(0x80000000), "S" + wire::u32(10001), "\xff\xff\xff\xff\xff" + one_query}) {
    exchange one;
    one.client(one_query + bad + one_query);
    CHECK(one.finished);
    CHECK(one.to_server == one_query);
    CHECK(sqlstate(one.to_client) == "08P01");
    CHECK(wire::error_field(one.to_client, 'S') == "FATAL");
    CHECK(one.client_held.empty());
    one.client(one_query);
    CHECK(one.to_server == one_query);
    CHECK_FALSE(one.talk.at_rest());
    CHECK(one.talk.break_off(lost).empty());  // it has been told
  }
}

TEST_CASE("no error is put into the middle of a message to the client") {
  exchange one;
  one.client(one_query);
  one.server("D" + wire::u32(100) + "half");
  one.client(wire::message('z'));
  CHECK(one.finished);
  CHECK(one.to_client == "D" + wire::u32(100) + "half");

  exchange other;
  other.client(one_query);
  other.server("D" + wire::u32(100) + "half");
  CHECK(other.talk.break_off(lost).empty());
}

TEST_CASE("Terminate ends the session and does not reach the server") {
  exchange one;
  one.client(one_query + wire::message('X') + one_query);
  CHECK(one.finished);
  CHECK(one.to_server == one_query);
  CHECK(one.to_client.empty());
}

TEST_CASE("a server that breaks the protocol is given up") {
  for (const auto& bad :
       {"T" + wire::u32(3), "T" + wire::u32(0x40000001), "T" + wire::u32(0xffffffff),
        wire::message('Z'), wire::message('Z', "II")}) {
    exchange one;
    one.server(wire::message('S', wire::text("a\0b\0")) + bad + row);
    CHECK(one.finished);
    CHECK(one.to_client.starts_with(wire::message('S', wire::text("a\0b\0"))));
    CHECK(sqlstate(one.to_client.substr(13 - 4)) == "08P01");
  }
}

TEST_CASE("types that are not known pass from the server") {
  exchange one;
  const auto odd = wire::message('~', "news") + wire::message('A', "notification");
  one.server(odd);
  CHECK(one.to_client == odd);
  CHECK(one.talk.at_rest());
}

TEST_CASE("a pipeline owes a reply for each Sync") {
  exchange one;
  const auto batch = wire::message('P', "p") + wire::message('B', "b") + wire::message('E', "e");
  one.client(batch + wire::message('S') + batch + wire::message('S'));
  one.server(wire::message('1') + wire::message('2') + wire::complete() + wire::ready('I'));
  CHECK(one.talk.busy());
  one.server(answered);
  CHECK(one.talk.at_rest());
  one.client(batch + wire::message('H'));
  one.server(wire::message('1') + wire::message('2') + wire::complete());
  CHECK_FALSE(one.talk.at_rest());  // the batch has no Sync yet
  one.client(wire::message('S'));
  one.server(wire::ready('I'));
  CHECK(one.talk.at_rest());
  one.client(wire::message('F', "call"));
  CHECK(one.talk.busy());
  one.server(wire::message('V', "result") + wire::ready('I'));
  CHECK(one.talk.at_rest());
}

TEST_CASE("COPY in, by every way that drivers do it") {
  const auto begin = wire::message('P', "copy") + wire::message('B', "b") +
                     wire::message('D', "P") + wire::message('E', "e") + wire::message('S');
  const auto data = wire::message('d', "1\n");
  const auto done = wire::message('c');
  const auto open = wire::message('G', wire::text("\0\0\0"));
  struct way {
    const char* name;
    std::string before;  // sent before the server says CopyInResponse
    std::string after;
    std::string reply;
  };
  const auto copied = wire::complete("COPY 1") + wire::ready('I');
  for (const auto& one :
       {way{"simple", wire::query("copy"), data + done, copied},
        {"simple, failed by the client", wire::query("copy"), data + wire::message('f', "no"),
         failed_answer + wire::ready('I')},
        {"simple, all at once", wire::query("copy") + data + done, "", copied},
        {"libpq: Sync before and after", begin, data + done + wire::message('S'), copied},
        {"libpq, Syncs in the midst", begin,
         data + wire::message('S') + data + done + wire::message('S'), copied},
        {"extended, all at once",
         begin.substr(0, begin.size() - 5) + data + done + wire::message('S'), "", copied},
        {"extended, Flush first", begin.substr(0, begin.size() - 5) + wire::message('H'),
         data + done + wire::message('S'), copied},
        {"extended, failed", begin, data + wire::message('f', "no") + wire::message('S'),
         failed_answer + wire::ready('I')}}) {
    CAPTURE(one.name);
    exchange copy;
    copy.client(one.before);
    copy.server(open);
    CHECK(copy.talk.busy());
    CHECK_FALSE(copy.talk.at_rest());
    copy.client(one.after);
    CHECK(copy.talk.busy());
    copy.server(one.reply);
    CHECK(copy.talk.at_rest());
    CHECK_FALSE(copy.talk.busy());
    CHECK(copy.talk.counts().queries_started == copy.talk.counts().queries_finished);
    copy.client(one_query);
    copy.server(answered);
    CHECK(copy.talk.at_rest());
  }
}

TEST_CASE("a COPY that a server breaks off") {
  exchange one;
  one.client(wire::query("copy"));
  one.server(wire::message('G', wire::text("\0\0\0")));
  one.client(wire::message('d', "bad"));
  one.server(failed_answer + wire::ready('I'));
  CHECK(one.talk.at_rest());
  one.client(wire::message('d', "more") + wire::message('c'));  // the server drops these
  CHECK(one.talk.at_rest());
}

TEST_CASE("what the client hears of a lost server") {
  struct row {
    const char* name;
    std::string asked;
    char status;  // of the transaction before
    std::string sqlstate;
  };
  const auto batch = wire::message('P', "p") + wire::message('B', "b") + wire::message('E', "e");
  for (const auto& one :
       {row{"idle", "", 'I', "08006"},
        {"idle in a transaction", "", 'T', "08006"},
        {"a statement of its own commits itself", one_query, 'I', "08007"},
        {"a statement inside a block does not", one_query, 'T', "08006"},
        {"nor with space around it", wire::query(" \n update t set a = 1 ;\n"), 'T', "08006"},
        {"nor does a rollback", wire::query("rollback"), 'E', "08006"},
        {"nor a word that begins alike", wire::query("endless"), 'T', "08006"},
        {"a commit", wire::query("COMMIT"), 'T', "08007"},
        {"an end", wire::query("end;"), 'T', "08007"},
        {"a prepare", wire::query("Prepare transaction 'x'"), 'T', "08007"},
        {"several statements", wire::query("select 1; commit"), 'T', "08007"},
        {"behind a comment", wire::query("/* */ commit"), 'T', "08007"},
        {"a long text", wire::query(std::string(5000, 'x')), 'T', "08007"},
        {"half a query", one_query.substr(0, 8), 'T', "08007"},
        {"no text at all", wire::message('Q'), 'T', "08007"},
        {"a pipeline in a block", one_query + one_query, 'T', "08007"},
        {"an extended statement", batch + wire::message('S'), 'T', "08007"},
        {"one without its Sync", batch + wire::message('H'), 'I', "08007"},
        {"only prepared", batch.substr(0, 6) + wire::message('S'), 'I', "08006"},
        {"a function call", wire::message('F', "f"), 'T', "08007"}}) {
    CAPTURE(one.name);
    exchange talk;
    if (one.status != 'I') {
      talk.client(wire::query("begin"));
      talk.server(wire::complete("BEGIN") + wire::ready(one.status));
    }
    talk.client(one.asked);
    const auto heard = talk.talk.break_off(lost);
    CHECK(sqlstate(heard) == one.sqlstate);
    if (one.sqlstate == "08007") {
      CHECK(wire::error_field(heard, 'M').find("not known") != std::string::npos);
      CHECK(wire::error_field(heard, 'D') == "the server is gone");
      CHECK(wire::error_field(heard, 'H').find("before you send it again") != std::string::npos);
    } else {
      CHECK(wire::error_field(heard, 'M') == "the server is gone");
    }
    CHECK(heard.find("read: reset") == std::string::npos);
    CHECK_FALSE(talk.talk.at_rest());
  }
}

TEST_CASE("a client that the server itself has told is not told twice") {
  exchange one;
  one.client(one_query);
  one.server(failed_answer);
  CHECK(one.talk.break_off(lost).empty());

  exchange idle;
  idle.server(failed_answer);
  CHECK(idle.talk.break_off(lost).empty());

  // An error answers one Sync; what came behind it may have been carried out.
  exchange pipeline;
  pipeline.client(one_query + one_query);
  pipeline.server(failed_answer);
  CHECK(sqlstate(pipeline.talk.break_off(lost)) == "08007");
}

TEST_CASE("a commit that was answered is not in doubt") {
  exchange one;
  one.client(one_query);
  one.server(answered);
  CHECK(sqlstate(one.talk.break_off(lost)) == "08006");
}

TEST_CASE("a message under way keeps a connection from rest") {
  exchange up;
  up.client("d" + wire::u32(100) + "half");
  CHECK_FALSE(up.talk.at_rest());
  exchange down;
  down.server("N" + wire::u32(100) + "half");
  CHECK_FALSE(down.talk.at_rest());
}
