// The bodies of requests to etcd's gateway.
#include "coordination/etcd_messages.hpp"
#include "metrics/json.hpp"

namespace skein::coordination {

namespace {

using metrics::json_writer;

void write_range(json_writer& out, const std::string& prefix) {
  out.member("key", to_base64(prefix)).member("range_end", to_base64(end_of_prefix(prefix)));
}

}  // namespace

std::string ask_token(const std::string& user, const std::string& password) {
  json_writer out;
  out.begin_object().member("name", user).member("password", password).end_object();
  return out.take();
}

std::string ask_grant(std::int64_t ttl_s) {
  json_writer out;
  out.begin_object().member("TTL", std::to_string(ttl_s)).end_object();
  return out.take();
}

std::string ask_lease(std::int64_t lease) {
  json_writer out;
  out.begin_object().member("ID", std::to_string(lease)).end_object();
  return out.take();
}

std::string ask_range(const std::string& prefix) {
  json_writer out;
  out.begin_object();
  write_range(out, prefix);
  out.end_object();
  return out.take();
}

std::string ask_txn(const txn& what) {
  json_writer out;
  out.begin_object().key("compare").begin_array();
  for (const auto& each : what.when) {
    const bool created = each.target == txn::compare::what::created;
    out.begin_object().member("key", to_base64(each.key)).member("result", "EQUAL");
    out.member("target", created ? "CREATE" : "MOD");
    out.member(created ? "create_revision" : "mod_revision", std::to_string(each.revision));
    out.end_object();
  }
  out.end_array().key("success").begin_array();
  for (const auto& each : what.puts) {
    out.begin_object().key("request_put").begin_object();
    out.member("key", to_base64(each.key)).member("value", to_base64(each.value));
    if (each.lease != 0) out.member("lease", std::to_string(each.lease));
    out.end_object().end_object();
  }
  for (const auto& each : what.deletes) {
    out.begin_object().key("request_delete_range").begin_object();
    out.member("key", to_base64(each)).end_object().end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string ask_watch(const std::string& prefix, std::int64_t from) {
  json_writer out;
  out.begin_object().key("create_request").begin_object();
  write_range(out, prefix);
  if (from != 0) out.member("start_revision", std::to_string(from));
  out.member("progress_notify", true).end_object().end_object();
  return out.take();
}

}  // namespace skein::coordination
