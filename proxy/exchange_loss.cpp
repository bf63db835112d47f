// An exchange whose server is lost in its midst, or leads no more: what can be asked elsewhere is;
// else its client hears what became of it, and goes on where that is possible.
#include "proxy/exchange.hpp"

namespace skein::proxy {

void exchange::server_lost(net::error_code why) {
  give_up_server(why);
}

// Nobody will be lent it again, and what it still says is heard by nobody.
void exchange::lose_lead() {
  if (!server_) return;
  const lease lost = server_;
  lost->user = nullptr;
  lost->close();
  give_up_server({});
}

void exchange::give_up_server(net::error_code how) {
  lease lost = std::exchange(server_, nullptr);
  changed_.ring_all();
  if (ended_) return;
  const exchange_counts before = talk_.counts();
  bool goes_on = talk_.ask_again(fresh_actions());
  if (!goes_on) {
    loss_ = std::make_unique<error>(servers_.why_lost(*lost, how));
    const std::string_view token = talk_.commit_token();
    awaits_fate_ = !token.empty() && servers_.inquire(token, *lost);
    if (awaits_fate_) return servers_.give_back(std::move(lost), {});
    goes_on = talk_.outlive(*loss_, fresh_actions());
  }
  if (!goes_on) return end(exchange_end::server_failed, how);
  if (loss_) servers_.note_loss(*std::exchange(loss_, nullptr));
  servers_.give_back(std::move(lost), {});
  go_on_without_server(before);
}

void exchange::commit_found(commit_fate fate) {
  if (ended_ || !std::exchange(awaits_fate_, false)) return;
  changed_.ring_all();
  const exchange_counts before = talk_.counts();
  counters_.commits_resolved.add(fate == commit_fate::committed     ? "committed"
                                 : fate == commit_fate::rolled_back ? "rolled_back"
                                                                    : "unknown");
  if (fate == commit_fate::rolled_back) {
    loss_->kind = error_kind::rolled_back;
    loss_->text_for_client +=
        " before this transaction was committed: nothing of it was kept; "
        "run it again";
  }
  if (!talk_.outlive_commit(*loss_, fate, fresh_actions())) return end(exchange_end::server_failed);
  if (fate == commit_fate::rolled_back) servers_.note_loss(*loss_);
  loss_.reset();
  go_on_without_server(before);
}

void exchange::go_on_without_server(const exchange_counts& before) {
  count(before);
  carry_out({}, false);
  if (timed_) note_time();
  // What has been read of the client's, and went nowhere, goes elsewhere.
  if (kept_.empty()) return;
  unread_ = true;
  rouse();
}

}  // namespace skein::proxy
