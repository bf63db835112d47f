#include "conf/load.hpp"

#include "conf/checks.hpp"
#include "conf/reader.hpp"

namespace skein::conf {
namespace {

constexpr std::string_view smallest =
    "the smallest one names a cluster, its members and a user (see conf/samples/smallest.yaml)";

std::unexpected<std::vector<mistake>> whole_file(std::string text) {
  return std::unexpected(std::vector<mistake>{{.text = std::move(text)}});
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
