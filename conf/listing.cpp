#include "conf/listing.hpp"

#include "conf/findings.hpp"
#include "conf/kinds.hpp"

namespace skein::conf {
namespace {

template <typename V>
std::optional<std::string> value_text(const V& value) {
  return default_text(value);
}
std::optional<std::string> value_text(const secret& value) {
  return value.empty() ? std::nullopt : std::optional(to_string(value));
}
std::optional<std::string> value_text(const std::filesystem::path& value) {
  return default_text(value.string());
}

class lister {
 public:
  lister(const loaded& from, std::string_view file) : from_(from), file_(file) {}

  template <described T>
  void list(const std::string& path, const T& what) {
    for_each_key<T>([&](const auto& field) {
      const std::string at = child(path, field.rule.key);
      bool may_stand_alone = false;
      if constexpr (shortened<T>) {
        using member = std::remove_cvref_t<decltype(field.member)>;
        constexpr auto lone = table<T>::short_form;
        if constexpr (std::same_as<std::remove_cv_t<decltype(lone)>, member>)
          may_stand_alone = field.member == lone;
      }
      list_value(at, may_stand_alone ? path : at, what.*field.member, T{}.*field.member);
    });
  }

  std::vector<listed_setting> take() { return std::move(found_); }

 private:
  template <typename V>
  void list_value(const std::string& path, const std::string& otherwise, const V& value,
                  const V& initial) {
    if constexpr (described<V>) {
      list(path, value);
    } else if constexpr (is_list_of_structs<V>) {
      for (std::size_t i = 0; i < value.size(); ++i) list(item_path(path, value[i], i), value[i]);
    } else {
      found_.push_back({path, value_text(value), default_text(initial),
                        source(path, otherwise, value == initial)});
    }
  }

  template <typename T>
  static std::string item_path(const std::string& path, const T& item, std::size_t index) {
    if constexpr (keyed<T>) {
      return child(path, item.*table<T>::keyed_by);
    } else {
      return child(path, index);
    }
  }

  std::string source(const std::string& path, const std::string& otherwise, bool is_initial) const {
    auto line = from_.lines.find(path);
    if (line == from_.lines.end()) line = from_.lines.find(otherwise);
    if (line != from_.lines.end()) return file_ + ":" + std::to_string(line->second);
    return is_initial ? "default" : "derived";
  }

  const loaded& from_;
  std::string file_;
  std::vector<listed_setting> found_ = {};
};

}  // namespace

std::vector<listed_setting> list_settings(const loaded& from, std::string_view file) {
  lister all(from, file);
  all.list("", from.settings);
  return all.take();
}

}  // namespace skein::conf
