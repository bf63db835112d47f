#include "conf/schema.hpp"

#include <algorithm>
#include <span>

#include "conf/json_text.hpp"
#include "conf/kinds.hpp"

namespace skein::conf {
namespace {

constexpr std::string_view name_pattern = "^[A-Za-z0-9_.-]{1,63}$";
constexpr std::string_view duration_pattern = "^[0-9]+(ms|s|m|h)$";
constexpr std::string_view size_pattern = "^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$";
constexpr std::string_view tcp_pattern = R"(^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$)";
constexpr std::string_view url_pattern =
    R"(^https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}/?$)";
constexpr std::string_view unix_pattern = "^unix:/.+$";
constexpr std::string_view network_pattern = "^(unix|[0-9A-Fa-f:.]+(/[0-9]{1,3})?)$";
constexpr std::string_view fingerprint_pattern = "^[0-9A-Fa-f]{16}$";
constexpr std::string_view endpoint_pattern =
    R"(^((\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}|unix:/.+)$)";

class schema_writer {
 public:
  explicit schema_writer(const std::vector<std::string>& engines) : engines_(engines) {}

  std::string write() {
    out_.open();
    out_.text("$schema", "http://json-schema.org/draft-07/schema#");
    out_.text("title", "Settings of Skein");
    write_struct<settings>();
    out_.close();
    return out_.take();
  }

 private:
  template <described T>
  void write_struct() {
    out_.text("type", "object");
    out_.flag("additionalProperties", false);
    std::vector<std::string_view> needed;
    out_.open("properties");
    for_each_key<T>([&](const auto& field) {
      if (field.rule.needed) needed.push_back(field.rule.key);
      out_.open(field.rule.key);
      out_.text("description", field.rule.doc);
      write_value(field.rule, T{}.*field.member);
      out_.close();
    });
    out_.close();
    if (!needed.empty()) out_.words("required", needed);
  }

  template <typename V>
  void write_value(const rule& rules, const V& initial) {
    if constexpr (described<V>) {
      write_struct<V>();
    } else if constexpr (is_optional<V>) {
      write_leaf(rules, typename V::value_type{});
    } else if constexpr (is_list_of_structs<V>) {
      write_items<typename V::value_type>(rules);
    } else {
      write_leaf(rules, initial);
      if constexpr (std::same_as<V, unsigned>) {
        out_.number("default", initial);
      } else if constexpr (std::same_as<V, share>) {
        out_.number("default", static_cast<std::int64_t>(initial.of_load));
      } else if constexpr (std::same_as<V, bool>) {
        out_.flag("default", initial);
      } else if (const auto text = default_text(initial)) {
        out_.text("default", *text);
      }
    }
  }

  template <described T>
  void write_items(const rule& rules) {
    if constexpr (keyed<T>) {
      out_.text("type", "object");
      if (rules.needed) out_.number("minProperties", 1);
      out_.open("propertyNames");
      out_.text("pattern", name_pattern);
      out_.close();
      out_.open("additionalProperties");
    } else {
      out_.text("type", "array");
      out_.number("minItems", 1);
      out_.open("items");
    }
    if constexpr (shortened<T>) {
      out_.open_list("anyOf");
      out_.open();
      write_leaf({}, T{}.*table<T>::short_form);
      out_.close();
      out_.open();
      write_struct<T>();
      out_.close();
      out_.close_list();
    } else {
      write_struct<T>();
    }
    out_.close();
  }

  void write_leaf(const rule& rules, const std::string& /*initial*/) {
    out_.text("type", "string");
    if (rules.is_engine) {
      out_.words("enum", std::vector<std::string_view>(engines_.begin(), engines_.end()));
    } else if (rules.is_name) {
      out_.text("pattern", name_pattern);
    } else {
      out_.number("minLength", 1);
    }
  }
  void write_leaf(const rule& /*rules*/, const secret& /*initial*/) {
    out_.text("type", "string");
    out_.number("minLength", 1);
  }
  void write_leaf(const rule& /*rules*/, const network& /*initial*/) {
    out_.text("type", "string");
    out_.text("pattern", network_pattern);
  }
  void write_leaf(const rule& /*rules*/, const service_url& /*initial*/) {
    out_.text("type", "string");
    out_.text("pattern", url_pattern);
  }
  void write_leaf(const rule& /*rules*/, const std::filesystem::path& /*initial*/) {
    out_.text("type", "string");
    out_.number("minLength", 1);
  }
  void write_leaf(const rule& rules, const endpoint& /*initial*/) {
    out_.text("type", "string");
    out_.text("pattern", rules.tcp_only    ? tcp_pattern
                         : rules.unix_only ? unix_pattern
                                           : endpoint_pattern);
  }
  void write_leaf(const rule& /*rules*/, duration /*initial*/) {
    out_.text("type", "string");
    out_.text("pattern", duration_pattern);
  }
  void write_leaf(const rule& /*rules*/, byte_size /*initial*/) {
    out_.text("type", "string");
    out_.text("pattern", size_pattern);
  }
  void write_leaf(const rule& rules, unsigned /*initial*/) {
    out_.text("type", "integer");
    out_.number("minimum", rules.least);
    out_.number("maximum", rules.most);
  }
  void write_leaf(const rule& /*rules*/, bool /*initial*/) { out_.text("type", "boolean"); }
  void write_leaf(const rule& /*rules*/, thread_count /*initial*/) {
    out_.open_list("anyOf");
    out_.open();
    out_.text("const", "auto");
    out_.close();
    out_.open();
    out_.text("type", "integer");
    out_.number("minimum", 1);
    out_.number("maximum", thread_count::most);
    out_.close();
    out_.close_list();
  }
  void write_leaf(const rule& /*rules*/, share /*initial*/) {
    out_.text("type", "number");
    out_.number("exclusiveMinimum", 0);
    out_.number("maximum", share::most);
  }
  void write_leaf(const rule& /*rules*/, const pattern& /*initial*/) {
    out_.text("type", "string");
    out_.number("minLength", 1);
  }
  void write_leaf(const rule& /*rules*/, fingerprint /*initial*/) {
    out_.text("type", "string");
    out_.text("pattern", fingerprint_pattern);
  }
  template <typename T>
  void write_leaf(const rule& rules, const std::vector<T>& /*initial*/) {
    out_.open_list("anyOf");
    out_.open();
    write_leaf(rules, T{});
    out_.close();
    out_.open();
    out_.text("type", "array");
    out_.number("minItems", 1);
    out_.open("items");
    write_leaf(rules, T{});
    out_.close();
    out_.close();
    out_.close_list();
  }
  template <worded E>
  void write_leaf(const rule& /*rules*/, E /*initial*/) {
    // Older readers of YAML take `yes` and `no` for truths.
    if (std::ranges::find(words<E>::all, "yes") == words<E>::all.end())
      return out_.words("enum", words<E>::all);
    out_.open_list("anyOf");
    out_.open();
    out_.words("enum", words<E>::all);
    out_.close();
    out_.open();
    out_.text("type", "boolean");
    out_.close();
    out_.close_list();
  }

  const std::vector<std::string>& engines_;
  json_text out_;
};

}  // namespace

std::string schema(const std::vector<std::string>& engines) {
  return schema_writer(engines).write();
}

}  // namespace skein::conf
