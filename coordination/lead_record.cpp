#include "coordination/lead_record.hpp"

#include "coordination/json.hpp"
#include "metrics/json.hpp"

namespace skein::coordination {

namespace {

std::expected<value, bad_record> readable(std::string_view text) {
  auto read = read_object(text);
  if (!read) return std::unexpected(bad_record{});
  json_fields fields(*read);
  const std::uint64_t format = fields.natural("format");
  if (!fields.sound() || format == 0) return std::unexpected(bad_record{});
  if (format > record_format) return std::unexpected(bad_record{unreadable::newer, format});
  return std::move(*read);
}

}  // namespace

std::string_view to_string(lead_state state) {
  return state == lead_state::led ? "led" : "announced";
}

std::string to_text(const lead_record& what) {
  metrics::json_writer out;
  out.begin_object().member("format", record_format).member("epoch", what.epoch);
  out.member("state", to_string(what.state));
  out.member("member", what.member).member("address", what.address);
  out.member("by", what.by).member("why", what.why);
  out.member("before", what.before).member("held", what.held);
  out.member("mark", what.mark).end_object();
  return out.take();
}

std::expected<lead_record, bad_record> read_lead_record(std::string_view text) {
  const auto read = readable(text);
  if (!read) return std::unexpected(read.error());
  json_fields fields(*read);
  lead_record what{.epoch = fields.natural("epoch"),
                   .state = lead_state::announced,
                   .member = fields.text("member"),
                   .address = fields.text("address"),
                   .by = fields.text("by"),
                   .why = fields.text("why"),
                   .before = fields.text("before"),
                   .held = fields.flag("held"),
                   .mark = fields.text("mark")};
  const std::string state = fields.text("state");
  if (state == to_string(lead_state::led)) {
    what.state = lead_state::led;
  } else if (state != to_string(lead_state::announced)) {
    return std::unexpected(bad_record{});
  }
  const bool nobody = what.state == lead_state::led && what.member.empty();
  if (!fields.sound() || what.epoch == 0 || nobody) return std::unexpected(bad_record{});
  return what;
}

std::string to_text(const presence& what) {
  metrics::json_writer out;
  out.begin_object().member("format", record_format);
  out.member("acknowledged", what.acknowledged).member("host", what.host).end_object();
  return out.take();
}

std::expected<presence, bad_record> read_presence(std::string_view text) {
  const auto read = readable(text);
  if (!read) return std::unexpected(read.error());
  json_fields fields(*read);
  presence what{fields.natural("acknowledged"), fields.text("host")};
  if (!fields.sound()) return std::unexpected(bad_record{});
  return what;
}

}  // namespace skein::coordination
