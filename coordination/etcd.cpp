#include "coordination/etcd.hpp"

#include <algorithm>
#include <optional>

#include "coordination/gateway_line.hpp"

namespace skein::coordination {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string to_string(const etcd_place& where) {
  const bool v6 = where.host.contains(':');
  return (where.tls ? "https://" : "http://") + (v6 ? "[" + where.host + "]" : where.host) + ":" +
         std::to_string(where.port);
}

namespace {

bool elsewhere(etcd_trouble kind) {  // another server may do better
  return kind == etcd_trouble::unreachable || kind == etcd_trouble::timeout ||
         kind == etcd_trouble::unavailable || kind == etcd_trouble::not_etcd;
}

// A lease's id is nobody's business but its holder's; what stays open in mid-answer is closed.
etcd_error error_of(const line_failure& why) {
  if (why.why == net::asio::error::operation_aborted) return {etcd_trouble::interrupted, why.text};
  if (why.why == net::asio::error::timed_out) return {etcd_trouble::timeout, why.text};
  return {etcd_trouble::unreachable, why.text};
}

}  // namespace

struct etcd_client::inner {
  const etcd_settings settings;
  const milliseconds attempt;
  steady_clock::time_point until = steady_clock::time_point::max();
  std::size_t at = 0;  // which of the places
  gateway_line line = {};
  std::optional<net::tls_context> tls = {};
  std::string token = {};
  bool no_logins = false;  // told so by who has none

  etcd_result<void> connect();
  etcd_result<void> log_in();
  etcd_result<gateway_answer> ask(const gateway_request& what, bool stream, bool& sent);
  etcd_result<gateway_answer> ask_once(const gateway_request& what, bool stream, bool& sent);
  // `once`: not again when it may have been done.
  etcd_result<gateway_answer> carry(const gateway_request& what, bool once, bool stream = false);
  void begin_attempt() { line.set_deadline(std::min(until, steady_clock::now() + attempt)); }
};

etcd_result<void> etcd_client::inner::connect() {
  if (line.is_open()) return {};
  const etcd_place& where = settings.places[at];
  if (where.tls && !tls) {
    auto loaded =
        net::tls_context::load(net::tls_role::client, {.ca = settings.ca_file,
                                                       .certificate = settings.certificate_file,
                                                       .key = settings.key_file,
                                                       .verify_host = true});
    if (!loaded) return std::unexpected(etcd_error{etcd_trouble::refused, loaded.error()});
    tls = std::move(*loaded);
  }
  if (auto opened = line.open(where.host, where.port, where.tls ? &*tls : nullptr); !opened) {
    tls.reset();  // the files may have been renewed since
    return std::unexpected(error_of(opened.error()));
  }
  return {};
}

etcd_result<void> etcd_client::inner::log_in() {
  if (settings.user.empty() || !token.empty() || no_logins) return {};
  const auto answer = line.exchange(
      {.path = "/v3/auth/authenticate", .body = ask_token(settings.user, settings.password)});
  if (!answer) return std::unexpected(error_of(answer.error()));
  if (answer->status == 200) {
    auto given = read_token(answer->body);
    if (!given) return std::unexpected(given.error());
    token = std::move(*given);
    return {};
  }
  etcd_error why = read_error(answer->status, answer->body);
  if (why.kind == etcd_trouble::no_logins) {
    no_logins = true;
    return {};
  }
  if (why.kind == etcd_trouble::invalid) why.kind = etcd_trouble::refused_user;
  return std::unexpected(std::move(why));
}

etcd_result<gateway_answer> etcd_client::inner::ask_once(const gateway_request& what, bool stream,
                                                         bool& sent) {
  if (auto open = connect(); !open) return std::unexpected(open.error());
  if (auto known = log_in(); !known) return std::unexpected(known.error());
  gateway_request with_token = what;
  with_token.token = token;
  sent = true;
  auto answer = stream ? line.begin_stream(with_token) : line.exchange(with_token);
  if (!answer) {
    sent = answer.error().sent;
    return std::unexpected(error_of(answer.error()));
  }
  if (answer->status == 200) return std::move(*answer);
  return std::unexpected(read_error(answer->status, answer->body));
}

// Who is refused because his token is too old logs in again, once.
etcd_result<gateway_answer> etcd_client::inner::ask(const gateway_request& what, bool stream,
                                                    bool& sent) {
  auto answer = ask_once(what, stream, sent);
  if (answer) return answer;
  const bool doubted = answer.error().kind == etcd_trouble::stale_token ||
                       answer.error().kind == etcd_trouble::invalid;
  if (!doubted) return answer;
  if (!settings.user.empty()) {
    token.clear();
    no_logins = false;
    answer = ask_once(what, stream, sent);
    if (answer || answer.error().kind != etcd_trouble::stale_token) return answer;
  }
  answer.error().kind = etcd_trouble::refused_user;
  return answer;
}

etcd_result<gateway_answer> etcd_client::inner::carry(const gateway_request& what, bool once,
                                                      bool stream) {
  std::string complaints;
  etcd_error last;
  for (std::size_t tried = 0; tried < settings.places.size(); ++tried) {
    begin_attempt();
    bool sent = false;
    auto answer = ask(what, stream, sent);
    if (answer) return answer;
    last = answer.error();
    last.text = to_string(settings.places[at]) + " " + last.text;
    if (last.kind == etcd_trouble::interrupted) return std::unexpected(last);
    if (!elsewhere(last.kind)) return std::unexpected(last);
    line.close();
    at = (at + 1) % settings.places.size();
    complaints += (complaints.empty() ? "" : "; ") + last.text;
    if (once && sent) return std::unexpected(etcd_error{etcd_trouble::unknown, complaints});
    if (steady_clock::now() >= until) break;
  }
  return std::unexpected(etcd_error{last.kind, complaints});
}

etcd_client::etcd_client(etcd_settings settings, milliseconds attempt)
    : inner_(new inner{.settings = std::move(settings), .attempt = attempt}) {}

etcd_client::~etcd_client() = default;

void etcd_client::set_deadline(steady_clock::time_point until) {
  inner_->until = until;
}

void etcd_client::interrupt() {
  inner_->line.interrupt();
}

namespace {

// What the server said, made a value; a server that says nonsense is named.
template <typename T>
etcd_result<T> named(etcd_result<T> read, const etcd_place& who) {
  if (!read) read.error().text = to_string(who) + " " + read.error().text;
  return read;
}

}  // namespace

etcd_result<lease_answer> etcd_client::grant(std::chrono::seconds ttl) {
  const auto answer = inner_->carry({"/v3/lease/grant", ask_grant(ttl.count())}, false);
  if (!answer) return std::unexpected(answer.error());
  return named(read_lease(answer->body), inner_->settings.places[inner_->at]);
}

etcd_result<lease_answer> etcd_client::keep_alive(std::int64_t lease) {
  const auto answer = inner_->carry({"/v3/lease/keepalive", ask_lease(lease)}, false);
  if (!answer) return std::unexpected(answer.error());
  return named(read_keep_alive(answer->body), inner_->settings.places[inner_->at]);
}

etcd_result<answer_header> etcd_client::revoke(std::int64_t lease) {
  const auto answer = inner_->carry({"/v3/lease/revoke", ask_lease(lease)}, false);
  if (!answer) return std::unexpected(answer.error());
  return named(read_header(answer->body), inner_->settings.places[inner_->at]);
}

etcd_result<range_answer> etcd_client::read(const std::string& prefix) {
  const auto answer = inner_->carry({"/v3/kv/range", ask_range(prefix)}, false);
  if (!answer) return std::unexpected(answer.error());
  return named(read_range(answer->body), inner_->settings.places[inner_->at]);
}

etcd_result<txn_answer> etcd_client::commit(const txn& what) {
  const auto answer = inner_->carry({"/v3/kv/txn", ask_txn(what)}, true);
  if (!answer) return std::unexpected(answer.error());
  return named(read_txn(answer->body), inner_->settings.places[inner_->at]);
}

etcd_result<answer_header> etcd_client::watch(const std::string& prefix, std::int64_t from) {
  const gateway_request asked{
      .path = "/v3/watch", .body = ask_watch(prefix, from), .token = {}, .needs_leader = true};
  inner_->line.close();
  if (const auto answer = inner_->carry(asked, false, true); !answer)
    return std::unexpected(answer.error());
  auto first = next_change();
  if (!first) return std::unexpected(first.error());
  return first->header;
}

etcd_result<watch_answer> etcd_client::next_change() {
  const etcd_place& who = inner_->settings.places[inner_->at];
  inner_->line.set_deadline(inner_->until);
  const auto line = inner_->line.next_line();
  if (!line) {
    etcd_error why = error_of(line.error());
    why.text = to_string(who) + " " + why.text;
    if (why.kind == etcd_trouble::unreachable)
      inner_->at = (inner_->at + 1) % inner_->settings.places.size();
    return std::unexpected(std::move(why));
  }
  auto read = named(read_watch(*line), who);
  if (!read || read->canceled) inner_->line.close();
  if (read && read->canceled)
    return std::unexpected(
        etcd_error{etcd_trouble::compacted,
                   "keeps nothing before revision " + std::to_string(read->compacted)});
  return read;
}

}  // namespace skein::coordination
