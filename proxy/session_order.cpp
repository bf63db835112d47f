#include "proxy/session_order.hpp"

#include "proxy/session.hpp"

namespace skein::proxy {

error no_such_session() {
  return {error_kind::lost, fault::client, {}, "there is no such session", {}};
}

error not_the_users_own() {
  return {error_kind::login, fault::client, {}, "that session is another user's", {}};
}

net::awaitable<> carry_order(const cancel_router& by, session_order what, order_giver who) {
  const result<void> outcome = co_await by.by_number(std::move(what));
  if (*who) (*who)->carried_out(outcome);
}

}  // namespace skein::proxy
