#include "cli/explain_page.hpp"

#include "metrics/json.hpp"

namespace skein::cli {

namespace {

constexpr std::string_view sentence = "route";  // the column that has it

// All of its cells are text.
std::string text_of(const console::cell& one) {
  const auto* const text = std::get_if<std::string>(&one);
  return text ? *text : std::string();
}

void add_row(const console::table& told, const console::row& one, std::string& out) {
  std::string rest;
  for (std::size_t i = 0; i < one.size(); ++i) {
    const std::string text = text_of(one[i]);
    const std::string_view name = told.columns[i].name;
    if (text.empty()) continue;
    if (name == sentence) {
      out += text + "\n";
    } else {
      rest += "  " + std::string(name) + ": " + text + "\n";
    }
  }
  out += rest;
}

}  // namespace

std::string explain_text(const console::table& told) {
  std::string out;
  for (const console::row& each : told.rows) add_row(told, each, out);
  return out;
}

std::string explain_json(const console::table& told) {
  metrics::json_writer json;
  json.begin_object().key("routes").begin_array();
  for (const console::row& each : told.rows) {
    json.begin_object();
    for (std::size_t i = 0; i < each.size(); ++i) {
      json.key(told.columns[i].name);
      const std::string text = text_of(each[i]);
      if (text.empty()) {
        json.value(nullptr);
      } else {
        json.value(text);
      }
    }
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace skein::cli
