// What an exchange has to do with others than its server: what is announced to its client, what
// that client wants done to other sessions, and what a server said that others are to know.
#include "proxy/exchange.hpp"

namespace skein::proxy {

void exchange::pass_on(const action& todo, std::string_view text) {
  if (todo.kind == action_kind::token_refused) return servers_.note_refused_token(text);
  if (todo.kind == action_kind::unlisten) return servers_.unlisten(text);
  if (todo.kind == action_kind::unlisten_all) return servers_.unlisten_all();
  servers_.order(static_cast<std::uint32_t>(todo.bytes), todo.kind == action_kind::end_session);
}

void exchange::channel_live(const result<void>& outcome) {
  talk_.channel_live(outcome, fresh_actions());
  carry_out({}, false);
  changed_.ring_all();
}

void exchange::cancelled(const result<void>& outcome) {
  if (ended_) return;
  talk_.cancelled(outcome, fresh_actions());
  carry_out({}, false);
  changed_.ring_all();
}

void exchange::announce(std::string_view message) {
  talk_.announce(message, to_client_.empty(), fresh_actions());
  carry_out({}, false);
}

void exchange::announcements_lost() {
  talk_.announcements_lost(to_client_.empty(), fresh_actions());
  carry_out({}, false);
}

}  // namespace skein::proxy
