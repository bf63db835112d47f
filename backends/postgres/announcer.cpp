#include "backends/postgres/announcer.hpp"

#include "backends/postgres/errors.hpp"
#include "backends/postgres/message.hpp"

namespace skein::postgres {

namespace {

// A payload has 8000 bytes at most; an error may be longer.
constexpr std::uint32_t message_max = 64U * 1024;

void append_query(std::string& out, std::string_view before, std::string_view channel) {
  std::string quoted;
  for (const char each : channel) quoted.append(each == '"' ? 2 : 1, each);
  message_writer(out)
      .begin(from_frontend::query)
      .raw(before)
      .raw("\"")
      .raw(quoted)
      .text("\"")
      .end();
}

}  // namespace

// The encoding, above all, in which announcements come.
void announcer::begin(std::string& out) {
  message_writer(out).begin(from_frontend::query).text("RESET ALL").end();
  asked_.emplace_back();
}

void announcer::listen(std::string_view channel, std::string& out) {
  append_query(out, "LISTEN ", channel);
  asked_.emplace_back(channel);
}

void announcer::unlisten(std::string_view channel, std::string& out) {
  append_query(out, "UNLISTEN ", channel);
  std::ranges::replace(asked_, std::string(channel), std::string());  // what was asked is void
  asked_.emplace_back();
}

std::size_t announcer::from_server(byte_view input, std::vector<announcer_event>& events) {
  std::size_t used = 0;
  while (!broken_ && input.size() - used >= header_bytes) {
    const byte_view rest = input.subspan(used);
    const std::uint32_t length = load_u32(rest.data() + 1);
    if (length < length_bytes || length > message_max) {
      broken_ = true;
      break;
    }
    const std::size_t whole = header_bytes - length_bytes + length;
    if (rest.size() < whole) break;
    take(static_cast<char>(rest[0]), rest.first(whole), events);
    used += whole;
  }
  return used;
}

void announcer::take(char type, byte_view message, std::vector<announcer_event>& events) {
  field_reader body(message.subspan(header_bytes));
  switch (type) {
    case from_backend::notification: {
      body.u32();  // who announced it
      const std::string_view channel = body.text();
      if (body.failed()) return;
      events.push_back({announcer_event::what::announced,
                        std::string(channel),
                        std::string(as_text(message)),
                        {}});
      return;
    }
    case from_backend::error_response:
      failure_ = read_error_response(message.subspan(header_bytes));
      broken_ |= asked_.empty();  // the server is leaving
      return;
    case from_backend::ready:
      return end_query(events);
    default:
      return;
  }
}

void announcer::end_query(std::vector<announcer_event>& events) {
  if (asked_.empty()) {
    broken_ = true;
    return;
  }
  const std::string channel = std::move(asked_.front());
  asked_.pop_front();
  std::optional<error> why = std::exchange(failure_, std::nullopt);
  if (channel.empty()) return;
  if (why) {
    events.push_back({announcer_event::what::refused, channel, {}, std::move(*why)});
  } else {
    events.push_back({announcer_event::what::live, channel, {}, {}});
  }
}

}  // namespace skein::postgres
