// What is asked of etcd's gateway, word for word, and what its answers, good and bad, become. The
// answers were taken from etcd 3.4.23.
#include <doctest/doctest.h>

#include "coordination/etcd_messages.hpp"

using namespace skein::coordination;

namespace {

const std::string header =
    R"("header":{"cluster_id":"15068982936956642583","member_id":"7026481039975517645",)"
    R"("revision":"7","raft_term":"2"})";

}  // namespace

TEST_CASE("base64, there and back, at every length") {
  CHECK(to_base64("") == "");
  CHECK(to_base64("f") == "Zg==");
  CHECK(to_base64("fo") == "Zm8=");
  CHECK(to_base64("foo") == "Zm9v");
  CHECK(to_base64("\xff\xfe\xfd") == "//79");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(from_base64(to_base64(bytes)) == bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST_CASE("what is not base64 is refused") {
  for (const std::string_view bad : {"Z", "Zg", "Zg=", "Zg===", "====", "=g==", "Zg==Zg==", "Zh==",
                                     "Zm9=", "Zm9v\n", "Zm-v", "Z=9v"}) {
    CAPTURE(bad);
    CHECK_FALSE(from_base64(bad));
  }
}

TEST_CASE("the end of a prefix is what comes behind all that begins with it") {
  CHECK(end_of_prefix("/skein/") == "/skein0");
  CHECK(end_of_prefix("a\xff") == "b");
  CHECK(end_of_prefix("\xff\xff") == std::string(1, '\0'));
}

TEST_CASE("requests") {
  CHECK(ask_token("app", "a\"b") == R"({"name":"app","password":"a\"b"})");
  CHECK(ask_grant(5) == R"({"TTL":"5"})");
  CHECK(ask_lease(-7) == R"({"ID":"-7"})");
  CHECK(ask_range("/a/") == R"({"key":"L2Ev","range_end":"L2Ew"})");
  CHECK(ask_watch("/a/", 9) ==
        R"({"create_request":{"key":"L2Ev","range_end":"L2Ew","start_revision":"9",)"
        R"("progress_notify":true}})");
  txn what;
  what.when.push_back({"k", txn::compare::what::created, 0});
  what.when.push_back({"l", txn::compare::what::changed, 4});
  what.puts.push_back({"k", "v", 12});
  what.puts.push_back({"l", "w", 0});
  what.deletes.push_back("m");
  CHECK(ask_txn(what) ==
        R"({"compare":[{"key":"aw==","result":"EQUAL","target":"CREATE","create_revision":"0"},)"
        R"({"key":"bA==","result":"EQUAL","target":"MOD","mod_revision":"4"}],)"
        R"("success":[{"request_put":{"key":"aw==","value":"dg==","lease":"12"}},)"
        R"({"request_put":{"key":"bA==","value":"dw=="}},)"
        R"({"request_delete_range":{"key":"bQ=="}}]})");
}

TEST_CASE("answers") {
  CHECK(read_token("{" + header + R"(,"token":"abc.12"})").value() == "abc.12");
  CHECK(read_header("{" + header + "}")->revision == 7);
  CHECK(read_header("{" + header + "}")->cluster == 15068982936956642583U);
  const auto granted = read_lease("{" + header + R"(,"ID":"994629255926515463","TTL":"2"})");
  REQUIRE(granted);
  CHECK(granted->lease == 994629255926515463);
  CHECK(granted->ttl_s == 2);
  CHECK(granted->header.term == 2);
  const auto alive = read_keep_alive(R"({"result":{)" + header + R"(,"ID":"5","TTL":"30"}})");
  REQUIRE(alive);
  CHECK(alive->ttl_s == 30);
  CHECK(read_keep_alive(R"({"result":{)" + header + R"(,"ID":"5"}})")->ttl_s == 0);  // none such
  CHECK(read_range("{" + header + "}")->found.empty());
  const auto range = read_range(
      "{" + header +
      R"(,"kvs":[{"key":"L2EvYg==","create_revision":"2","mod_revision":"3","version":"2",)"
      R"("value":"eA==","lease":"994629255926515465"},{"key":"L2EvYw=="}],"count":"2"})");
  REQUIRE(range);
  REQUIRE(range->found.size() == 2);
  CHECK(range->found[0].key == "/a/b");
  CHECK(range->found[0].value == "x");
  CHECK(range->found[0].created == 2);
  CHECK(range->found[0].changed == 3);
  CHECK(range->found[0].lease == 994629255926515465);
  CHECK(range->found[1].value.empty());
  CHECK(read_txn("{" + header + R"(,"succeeded":true,"responses":[]})")->done);
  CHECK_FALSE(read_txn("{" + header + "}")->done);
  // Numbers as numbers, as another gateway may write them.
  CHECK(read_header(R"({"header":{"cluster_id":1,"revision":7,"raft_term":2}})")->revision == 7);
}

TEST_CASE("what a watch says, line by line") {
  const auto made = read_watch(R"({"result":{)" + header + R"(,"created":true}})");
  REQUIRE(made);
  CHECK(made->created);
  CHECK(made->events == 0);
  const auto change = read_watch(R"({"result":{)" + header +
                                 R"(,"events":[{"kv":{"key":"aw=="}},{"type":"DELETE"}]}})");
  CHECK(change->events == 2);
  const auto gone =
      read_watch(R"({"result":{)" + header + R"(,"canceled":true,"compact_revision":"40"}})");
  CHECK(gone->canceled);
  CHECK(gone->compacted == 40);
  const auto refused = read_watch(R"({"result":{)" + header +
                                  R"(,"canceled":true,"cancel_reason":"permission denied"}})");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.contains("permission denied"));
  const auto leaderless =
      read_watch(R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader",)"
                 R"("http_status":"Service Unavailable"}})");
  REQUIRE_FALSE(leaderless);
  CHECK(leaderless.error().kind == etcd_trouble::unavailable);
}

TEST_CASE("errors by their code") {
  struct sample {
    unsigned status;
    std::string_view body;
    etcd_trouble kind;
  };
  const sample samples[] = {
      {404, R"({"error":"x","message":"etcdserver: requested lease not found","code":5})",
       etcd_trouble::no_lease},
      {401, R"({"error":"x","message":"etcdserver: invalid auth token","code":16})",
       etcd_trouble::stale_token},
      {400, R"({"message":"etcdserver: user name is empty","code":3})", etcd_trouble::invalid},
      {403, R"({"message":"etcdserver: permission denied","code":7})", etcd_trouble::forbidden},
      {429, R"({"message":"etcdserver: mvcc: database space exceeded","code":8})",
       etcd_trouble::full},
      {503, R"({"message":"etcdserver: request timed out","code":14})", etcd_trouble::unavailable},
      {412, R"({"message":"authentication is not enabled","code":9})", etcd_trouble::no_logins},
      {404, "Not Found\n", etcd_trouble::not_etcd},
      {400, "Client sent an HTTP request to an HTTPS server.\n", etcd_trouble::not_etcd},
      {502, "<html>bad gateway</html>", etcd_trouble::unavailable},
      {500, "{}", etcd_trouble::not_etcd},
      {500, R"({"code":"many"})", etcd_trouble::not_etcd},
  };
  for (const auto& each : samples) {
    CAPTURE(each.body);
    const etcd_error read = read_error(each.status, each.body);
    CHECK(read.kind == each.kind);
    CHECK_FALSE(read.text.empty());
  }
  const std::string wild = R"({"code":8,"message":"line\nbreak \u001b[31m)" + std::string(500, 'x');
  const auto tamed = read_error(500, wild + R"("})");
  CHECK(tamed.text.size() < 300);
  CHECK_FALSE(tamed.text.contains('\n'));
  CHECK_FALSE(tamed.text.contains('\x1b'));
}

// Each answer, cut at every byte and with every byte changed: a value or an error, nothing else.
TEST_CASE("answers that are cut or broken are refused, not believed") {
  const std::string whole =
      "{" + header +
      R"(,"ID":"5","TTL":"30","token":"abc","kvs":[{"key":"L2EvYg==","create_revision":"2"}]})";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const std::string cut = whole.substr(0, at);
    CHECK_FALSE(read_token(cut));
    CHECK_FALSE(read_header(cut));
    CHECK_FALSE(read_lease(cut));
    CHECK_FALSE(read_range(cut));
    CHECK_FALSE(read_watch(cut));
    for (const char wrong : {'\0', '"', '{', '}', '9', '\xff'}) {
      std::string broken = whole;
      broken[at] = wrong;
      (void)read_range(broken);
      (void)read_lease(broken);
      (void)read_error(500, broken);
      (void)read_watch(broken);
    }
  }
  for (const std::string_view bad :
       {R"({"header":{"revision":"x","raft_term":"2"}})", R"({"header":[],"raft_term":"2"})",
        R"({"header":{"revision":"99999999999999999999","raft_term":"2"}})",
        R"({"header":{"revision":"7"}})", R"([1])", R"("text")", ""}) {
    CAPTURE(bad);
    CHECK_FALSE(read_header(bad));
  }
  CHECK_FALSE(read_range("{" + header + R"(,"kvs":[{"key":"*"}]})"));
  CHECK_FALSE(read_range("{" + header + R"(,"kvs":{}})"));
  CHECK_FALSE(read_range("{" + header + R"(,"more":true})"));
  CHECK_FALSE(read_token(R"({"token":"a\r\nHost: b"})"));
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += R"({"a":)";
  CHECK_FALSE(read_header(deep));
}
