#include "backends/mysql/driver_questions.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "backends/mysql/lexer.hpp"

namespace skein::mysql {

namespace {

struct variable {
  std::string_view name;
  std::string_view value;
};

// As servers have them from the start. No packet is longer than what console_talk takes.
constexpr auto known = std::to_array<variable>({
    {"auto_increment_increment", "1"},
    {"autocommit", "1"},
    {"character_set_client", "utf8mb4"},
    {"character_set_connection", "utf8mb4"},
    {"character_set_results", "utf8mb4"},
    {"character_set_server", "utf8mb4"},
    {"collation_connection", "utf8mb4_general_ci"},
    {"collation_server", "utf8mb4_general_ci"},
    {"init_connect", ""},
    {"interactive_timeout", "28800"},
    {"lower_case_table_names", "0"},
    {"max_allowed_packet", "65536"},
    {"net_buffer_length", "16384"},
    {"net_write_timeout", "60"},
    {"sql_mode", ""},
    {"system_time_zone", "UTC"},
    {"time_zone", "SYSTEM"},
    {"transaction_isolation", "REPEATABLE-READ"},
    {"transaction_read_only", "0"},
    {"tx_isolation", "REPEATABLE-READ"},
    {"tx_read_only", "0"},
    {"version_comment", "Skein"},
    {"wait_timeout", "28800"},
});

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return std::tolower(c); });
  return made;
}

console::cell value_of(std::string_view name) {
  const auto* const found = std::ranges::find(known, lower(name), &variable::name);
  if (found == known.end()) return {};
  return std::string(found->value);
}

class question {
 public:
  explicit question(std::string_view text) : lexer_(text, {}), text_(text) { step(); }

  std::optional<variables_told> read() {
    if (takes("select")) return read_select();
    if (!takes("show")) return std::nullopt;
    if (!takes("session") && !takes("global")) takes("local");
    if (!takes("variables")) return std::nullopt;
    return read_show();
  }

 private:
  void step() {
    end_of_last_ = lexer_.at();
    now_ = lexer_.next();
  }
  bool is(std::string_view word) const {
    return now_.kind == token_kind::word && lower(now_.text) == word;
  }
  bool takes(std::string_view word) {
    const bool found = is(word);
    if (found) step();
    return found;
  }
  bool is_name() const {
    return now_.kind == token_kind::word || now_.kind == token_kind::quoted_word ||
           now_.kind == token_kind::string;
  }
  static std::string_view bare(const token& of) {
    return of.kind == token_kind::word ? of.text : of.text.substr(1, of.text.size() - 2);
  }
  bool at_end() const { return now_.kind == token_kind::end || now_.kind == token_kind::semicolon; }

  std::optional<variables_told> read_select() {
    variables_told told{.columns = {}, .rows = {{}}};
    for (;;) {
      if (!read_variable(told)) return std::nullopt;
      if (now_.kind != token_kind::comma) break;
      step();
    }
    if (takes("limit") && now_.kind == token_kind::number) step();
    if (!at_end()) return std::nullopt;
    return told;
  }

  bool read_variable(variables_told& told) {
    if (now_.kind != token_kind::system_variable) return false;
    const std::size_t begin = static_cast<std::size_t>(now_.text.data() - text_.data());
    std::string_view name = now_.text.substr(2);
    step();
    if (now_.kind == token_kind::dot) {
      step();
      if (!is_name()) return false;
      name = bare(now_);
      step();
    }
    std::string_view title = text_.substr(begin, end_of_last_ - begin);
    const bool said = takes("as");
    if (is_name() && !is("limit")) {
      title = bare(now_);
      step();
    } else if (said) {
      return false;
    }
    told.columns.emplace_back(title);
    told.rows.front().push_back(value_of(name));
    return true;
  }

  // Who gives another condition picks from what is known by name.
  variables_told read_show() {
    variables_told told{.columns = {"Variable_name", "Value"}, .rows = {}};
    const bool by_name = takes("like") && now_.kind == token_kind::string;
    const std::string wanted = by_name ? lower(bare(now_)) : "";
    for (const auto& each : known)
      if (!by_name || each.name == wanted)
        told.rows.push_back({std::string(each.name), std::string(each.value)});
    return told;
  }

  lexer lexer_;
  std::string_view text_;
  token now_ = {};
  std::size_t end_of_last_ = 0;
};

}  // namespace

std::optional<variables_told> answer_to_driver(std::string_view statement) {
  return question(statement).read();
}

}  // namespace skein::mysql
