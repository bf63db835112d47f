// What a session's client hears when it loses its server in the midst of something, or the server
// loses the lead: why, what became of what was under way, and what to do.
#include "proxy/session.hpp"

namespace skein::proxy {

namespace {

std::string named(const std::string& member) {
  return "member \"" + member + "\"";
}

}  // namespace

// An answer of who led is not believed, nor waited for: it may hang.
void session::check_epoch() {
  const lease server = borrowed();
  if (!server || !server->leads || home_.may_go_on(server->epoch)) return;
  if (timed_) return life_->lose_lead();
  end({error_kind::unavailable,
       fault::server,
       {},
       cause_of_loss(*server, {}) + ": connect again",
       {}});
}

std::string session::cause_of_loss(const server_connection& server, net::error_code how) const {
  const routing::cluster_view& now = *home_.now();
  if (how) {
    const bool closed = how == net::asio::error::eof;
    return "the connection to " + named(server.member) + " was lost" +
           (closed ? ": it closed" : ": " + how.message());
  }
  const std::string whose = "the lead of cluster \"" + now.cluster + "\"";
  if (home_.may_go_on(server.epoch)) {
    const bool given_up = !now.leader && now.writes_until == std::chrono::nanoseconds{};
    return given_up ? server.member + " has been given up as the leader of cluster \"" +
                          now.cluster + "\""
                    : "the lease on " + whose + " has run out";
  }
  if (now.leader && now.members[*now.leader].name != server.member)
    return "the lead has moved from " + server.member + " to " + now.members[*now.leader].name;
  return whose + " has moved: " + now.reason;
}

error session::why_lost(const server_connection& server, net::error_code how) {
  error why{error_kind::lost, fault::server, {}, cause_of_loss(server, how), {}};
  why.detail_for_log = "server connection of epoch " + std::to_string(server.epoch);
  if (talk_->in_doubt()) {
    why.kind = error_kind::in_doubt;
  } else if (!talk_->client_at_rest()) {
    why.kind = error_kind::rolled_back;
    why.text_for_client +=
        " while this transaction was under way: nothing of it was kept; run it again";
  } else {
    const std::string held(talk_->pin());
    why.text_for_client += ", and what this session held there with it (" +
                           (held.empty() ? "which was being looked for" : held) +
                           "): connect again";
  }
  return why;
}

// What is asked outlives a session that ends meanwhile.
bool session::inquire(std::string_view token, const server_connection& server) {
  commit_inquiries* const all = home_.inquiries();
  if (!all) return false;
  if (!giver_) giver_ = std::make_shared<class session*>(this);
  all->ask(std::string(token), server.epoch,
           std::chrono::steady_clock::now() + home_.cluster().hold,
           [&core = home_.core(), giver = giver_](commit_fate fate) {
             core.post([giver, fate] {
               if (*giver) (*giver)->commit_found(fate);
             });
           });
  return true;
}

void session::commit_found(commit_fate fate) {
  if (life_) life_->commit_found(fate);
}

}  // namespace skein::proxy
