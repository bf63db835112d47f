#include "backends/mysql/cancel_login.hpp"

#include <utility>

namespace skein::mysql {

cancel_login::cancel_login(const server_login_settings& how, const cancel_key& key)
    : login_(how), whom_(key.id) {}

// It says goodbye at once: the server closes when it has done both.
login_want cancel_login::behind(login_want wanted) {
  if (wanted != login_want::admitted || !output_.empty()) return wanted;
  message_writer out(output_);
  out.begin(0).u8(static_cast<std::uint8_t>(command::query));
  out.raw("kill query " + std::to_string(whom_)).end();
  out.begin(0).u8(static_cast<std::uint8_t>(command::quit)).end();
  return wanted;
}

std::string cancel_login::take_output() {
  return login_.take_output() + std::exchange(output_, {});
}

}  // namespace skein::mysql
