#include "conf/load.hpp"

#include "conf/checks.hpp"
#include "conf/kinds.hpp"
#include "conf/reader.hpp"

namespace skein::conf {
namespace {

constexpr std::string_view smallest =
    "the smallest one names a cluster, its members and a user (see conf/samples/smallest.yaml)";

std::unexpected<std::vector<mistake>> whole_file(std::string text) {
  return std::unexpected(std::vector<mistake>{{.text = std::move(text)}});
}

using digests = std::map<std::filesystem::path, std::size_t>;

// That of a file which cannot be read is that of an empty one: it is a mistake elsewhere.
void digest(const std::filesystem::path& file, digests& into) {
  if (file.empty()) return;
  const auto text = read_whole(file, file_bytes_max);
  into.emplace(file, std::hash<std::string>()(text ? *text : ""));
}

template <described T>
void digest_files(const T& what, digests& into) {
  for_each_key<T>([&](const auto& field) {
    const auto& value = what.*field.member;
    using kind = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::same_as<kind, std::filesystem::path>) {
      digest(value, into);
    } else if constexpr (described<kind>) {
      digest_files(value, into);
    } else if constexpr (is_list_of_structs<kind>) {
      for (const auto& each : value) digest_files(each, into);
    }
  });
}

}  // namespace

std::string format(const mistake& what, std::string_view file) {
  std::string line(file);
  if (what.line > 0) line += ":" + std::to_string(what.line) + ":" + std::to_string(what.column);
  line += ": ";
  if (!what.path.empty()) line += what.path + ": ";
  return line + what.text;
}

load_result load_text(std::string_view text, const load_options& options) {
  if (text.size() > file_bytes_max) {
    return whole_file("is larger than " + to_string(byte_size{file_bytes_max}));
  }
  const auto document = parse_document(text);
  if (!document) {
    const auto& [where, why] = document.error();
    return std::unexpected(std::vector<mistake>{{where.line, where.column, "", why}});
  }
  if ((*document)->kind == node_kind::nothing) {
    return whole_file("is empty; " + std::string(smallest));
  }
  loaded result;
  findings found;
  const std::string top;
  reader(options, found).read(spot{**document, top}, result.settings);
  if (found.sound(top)) {
    complete(result.settings, options, found);
    check(result.settings, found);
  }
  if (auto mistakes = found.mistakes(); !mistakes.empty()) {
    return std::unexpected(std::move(mistakes));
  }
  result.warnings = found.warnings();
  for (const auto& [path, where] : found.places()) result.lines.emplace(path, where.line);
  digest_files(result.settings, result.digests);
  return result;
}

load_result load_file(const std::filesystem::path& file, const load_options& options) {
  auto text = read_whole(file, file_bytes_max);
  if (!text) return whole_file(std::move(text.error()));
  load_options here = options;
  here.directory = file.parent_path();
  return load_text(*text, here);
}

}  // namespace skein::conf
