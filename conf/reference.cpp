#include "conf/reference.hpp"

#include "conf/findings.hpp"
#include "conf/kinds.hpp"

namespace skein::conf {
namespace {

class reference_writer {
 public:
  explicit reference_writer(const std::vector<std::string>& engines) : engines_(engines) {}

  template <described T>
  void write(const std::string& path) {
    for_each_key<T>([&](const auto& field) {
      write_value(child(path, field.rule.key), field.rule, T{}.*field.member);
    });
  }

  std::string take() { return std::move(out_); }

 private:
  template <typename V>
  void write_value(const std::string& path, const rule& rules, const V& initial) {
    if constexpr (described<V>) {
      write<V>(path);
    } else if constexpr (is_list_of_structs<V>) {
      using item = typename V::value_type;
      line(path, rules, rules.needed ? "" : "left out");
      write<item>(keyed<item> ? child(path, "NAME") : path + "[]");
    } else {
      std::string text = default_text(initial).value_or("");
      if (rules.is_engine && !engines_.empty()) text = engines_.front();
      line(path, rules, text);
      if constexpr (worded<V>) list_words<V>();
    }
  }

  void line(const std::string& path, const rule& rules, std::string_view initial) {
    out_ += path;
    if (!initial.empty()) out_.append(": ").append(initial);
    if (rules.needed) out_ += "  (required)";
    if (rules.at_start) out_ += "  (at the start)";
    out_ += "\n    ";
    out_.append(rules.doc).append("\n");
  }

  template <worded E>
  void list_words() {
    out_ += "    one of:";
    for (const std::string_view word : words<E>::all) out_.append(" ").append(word);
    out_ += "\n";
  }

  const std::vector<std::string>& engines_;
  std::string out_;
};

}  // namespace

std::string reference(const std::vector<std::string>& engines) {
  reference_writer writer(engines);
  writer.write<settings>("");
  return writer.take();
}

}  // namespace skein::conf
