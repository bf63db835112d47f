#include "backends/mysql/packet_numbers.hpp"

#include <algorithm>

namespace skein::mysql {

namespace {

constexpr std::uint8_t number_max = 255;

std::uint8_t after(std::uint8_t number) {
  return static_cast<std::uint8_t>(number + 1);
}

bool is_answered(std::uint8_t first) {
  const auto what = static_cast<command>(first);
  return what != command::quit && what != command::stmt_close &&
         what != command::stmt_send_long_data;
}

}  // namespace

// A client may begin anew wherever no message of its is open; a server never does.
bool packet_numbers::take(std::uint8_t number) {
  const bool may_reset = ours_ == wire_end::server && number == 0 && !in_message();
  const bool due = number == in_due_;
  in_due_ = after(number);
  if (!due && !may_reset) return false;
  reset_in_ = !due || !std::exchange(has_heard_, true);
  if (ours_ == wire_end::client) {
    out_due_ = in_due_;
  } else if (in_message()) {
    note_command();
  }
  return true;
}

void packet_numbers::give_up() {
  asked_.clear();
  owed_in_ = false;
  out_due_ = in_due_;
}

// The answer to what is coming follows the numbers that it has by now.
void packet_numbers::note_command() {
  if (!command_in_) {
    out_due_ = in_due_;
  } else if (owed_in_) {
    asked_.back() = {in_due_, after(in_.number)};
  }
}

void packet_numbers::renumber(std::span<std::byte> plain) {
  while (!plain.empty()) {
    if (in_.left > 0) {
      if (std::exchange(in_.first_due, false))
        note_first_in(std::to_integer<std::uint8_t>(plain.front()));
      const std::size_t size = std::min<std::size_t>(in_.left, plain.size());
      in_.left -= static_cast<std::uint32_t>(size);
      plain = plain.subspan(size);
      continue;
    }
    const auto value = std::to_integer<std::uint8_t>(plain.front());
    if (in_.begun < header_bytes - 1) {
      in_.size |= std::uint32_t{value} << (8 * in_.begun++);
    } else {
      plain.front() = std::byte{begin_in(value)};
    }
    plain = plain.subspan(1);
  }
}

std::uint8_t packet_numbers::begin_in(std::uint8_t raw) {
  const std::uint32_t size = std::exchange(in_.size, 0);
  in_.begun = 0;
  in_.left = size;
  if (in_.goes_on) {
    in_.number = after(in_.number);
    if (ours_ == wire_end::server) note_command();
  } else {
    begin_message_in(raw, size);
    in_.first_due = size > 0;
    in_.first = 0;
  }
  in_.goes_on = size == body_max;
  last_is_in_ = true;
  return in_.number;
}

// A file is in packets that one client numbers up, through 255, and another always 0.
void packet_numbers::begin_message_in(std::uint8_t raw, std::uint32_t size) {
  const bool reset = std::exchange(reset_in_, false);
  if (ours_ == wire_end::client) {
    in_.number = after(last_number());
    return;
  }
  const bool is_asked_for = !last_is_in_ && out_.first == reply::local_infile;
  file_in_ = !reset && (file_in_ || is_asked_for);
  command_in_ = !file_in_ && (raw == 0 || reset);
  in_.number = command_in_ ? 0 : after(last_number());
  owed_in_ = command_in_;
  if (command_in_) {
    asked_.push_back({});
    answered_since_ = false;
  }
  file_in_ = file_in_ && size > 0;
  note_command();
}

void packet_numbers::note_first_in(std::uint8_t byte) {
  in_.first = byte;
  if (!owed_in_ || is_answered(byte)) return;
  asked_.pop_back();
  owed_in_ = false;
}

std::size_t packet_numbers::fit_together(byte_view plain) {
  std::size_t at = 0;
  while (at < plain.size()) {
    if (out_.left > 0) {
      if (std::exchange(out_.first_due, false))
        out_.first = std::to_integer<std::uint8_t>(plain[at]);
      const std::size_t size = std::min<std::size_t>(out_.left, plain.size() - at);
      out_.left -= static_cast<std::uint32_t>(size);
      at += size;
      continue;
    }
    if (plain.size() - at < header_bytes) break;
    const std::byte* const header = plain.data() + at;
    if (at > 0 && begins_anew(number_of(header))) break;
    begin_out(header);
    at += header_bytes;
  }
  return at;
}

// Of answers to a client that asks ahead one that follows a multiple of 256 packets is taken for
// more of the one before.
bool packet_numbers::begins_anew(std::uint8_t number) const {
  if (out_.goes_on) return false;
  if (ours_ == wire_end::server)
    return !asked_.empty() &&
           (number != after(out_.number) || (number == asked_.front().number && !answered_since_));
  if (number != 0) return false;
  if (!last_is_in_) return out_.number != number_max;
  return in_.first != reply::local_infile || in_.number != number_max;
}

void packet_numbers::begin_out(const std::byte* header) {
  if (begins_anew(number_of(header))) {
    out_due_ = 0;
    if (ours_ == wire_end::server) {
      out_due_ = asked_.front().compressed;
      asked_.erase(asked_.begin());
      owed_in_ = owed_in_ && !asked_.empty();
    }
  }
  answered_since_ = true;
  const std::uint32_t size = body_size(header);
  if (!out_.goes_on) {
    out_.first_due = size > 0;
    out_.first = 0;
  }
  out_.number = number_of(header);
  out_.left = size;
  out_.goes_on = size == body_max;
  last_is_in_ = false;
}

std::uint8_t packet_numbers::next() {
  const std::uint8_t number = out_due_++;
  // A file that is asked for goes on with the numbers of the request.
  if (ours_ == wire_end::client || !in_message()) in_due_ = out_due_;
  return number;
}

}  // namespace skein::mysql
