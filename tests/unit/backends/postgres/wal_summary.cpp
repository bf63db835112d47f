// Lines as pg_waldump of PostgreSQL 15 prints them.
#include "backends/postgres/wal_summary.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace skein::postgres;

namespace {

std::string record(const std::string& kind, int xid, const std::string& lsn,
                   const std::string& desc) {
  return "rmgr: " + kind + " len (rec/tot):     59/    59, tx:        " + std::to_string(xid) +
         ", lsn: " + lsn + ", prev 0/01516A98, desc: " + desc + "\n";
}

const std::string all =
    record("Heap       ", 725, "0/01516C30",
           "INSERT+INIT off 1 flags 0x08, blkref #0: rel 1663/5") +
    record("Transaction", 725, "0/01516C70", "COMMIT 2026-11-23 19:29:59.194726 UTC") +
    record("LogicalMessage", 726, "0/01516CA0",
           "MESSAGE transactional, prefix \"skein\"; payload (5 bytes): 61 6C 69 76 65") +
    record("Transaction", 726, "0/01516CE0", "COMMIT 2026-11-23 19:29:59.195223 UTC") +
    record("Transaction", 728, "0/01516D10", "ASSIGNMENT xtop 727: subxacts: 728") +
    record("Heap       ", 728, "0/01516D40", "INSERT off 2 flags 0x08") +
    record("Transaction", 727, "0/01516D80",
           "COMMIT 2026-11-23 19:29:59.195564 UTC; subxacts: 728") +
    record("Heap       ", 729, "0/01516DC0", "DELETE off 2 flags 0x08") +
    record("Transaction", 729, "0/01516E00", "ABORT 2026-11-23 19:29:59.195564 UTC") +
    record("LogicalMessage", 730, "0/01516E40",
           "MESSAGE transactional, prefix \"other\"; payload") +
    record("Transaction", 730, "0/01516E80", "COMMIT 2026-11-23 19:30:00.000001 UTC") +
    record("Heap       ", 731, "0/01516EC0", "INSERT off 3 flags 0x08") +
    record("LogicalMessage", 731, "0/01516F00",
           "MESSAGE transactional, prefix \"skein\"; payload") +
    record("Transaction", 731, "0/01516F40", "COMMIT 2026-11-23 19:30:00.000002 UTC") +
    record("Standby    ", 0, "0/01516F80", "RUNNING_XACTS nextXid 732") +
    "pg_waldump: error: error in WAL record at 0/1517890: invalid record length\n";

void check(const wal_summary& found) {
  CHECK(found.records() == 15);
  CHECK(found.transactions() == 4);  // 726 is Skein's own, 729 never was
  CHECK(found.last() == "0/01516F80");
  REQUIRE(found.some().size() == 4);
  CHECK(found.some()[0].xid == 725);
  CHECK(found.some()[0].where == "0/01516C70");
  CHECK(found.some()[1].xid == 727);
  CHECK(found.some()[1].when == "2026-11-23 19:29:59.195564 UTC");
  CHECK(found.some()[2].xid == 730);
  CHECK(found.some()[3].xid == 731);
}

}  // namespace

TEST_CASE("transactions are counted, wherever the output is split") {
  for (std::size_t at = 0; at <= all.size(); ++at) {
    wal_summary found;
    found.take(std::string_view(all).substr(0, at));
    found.take(std::string_view(all).substr(at));
    found.end();
    check(found);
  }
}

TEST_CASE("one that began before the range counts when it commits in it") {
  wal_summary found;
  found.take(record("Transaction", 700, "0/01516C70", "COMMIT 2026-11-23 19:29:59.194726 UTC"));
  found.take(record("Transaction", 701, "0/01516C90", "PREPARE gid x: 2026-11-23 19:29:59 UTC"));
  CHECK(found.transactions() == 2);
}

TEST_CASE("an output that is none counts nothing") {
  wal_summary found;
  found.take("pg_waldump: error: could not find a valid record after 0/3000148");
  found.end();
  CHECK(found.records() == 0);
  CHECK(found.last().empty());
}
