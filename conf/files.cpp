// Looking at files that the settings name, with reasons in words when that fails.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "conf/scalars.hpp"

namespace skein::conf {
namespace {

std::string cannot_read(const std::filesystem::path& file, std::string_view why) {
  return "cannot read " + shown(file.string()) + ": " + std::string(why);
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::optional<std::string> unreadable(const std::filesystem::path& file) {
  std::error_code failed;
  const auto status = std::filesystem::status(file, failed);
  if (failed && status.type() != std::filesystem::file_type::not_found) {
    return cannot_read(file, failed.message());
  }
  if (std::filesystem::is_directory(status)) return cannot_read(file, "it is a directory");
  // A named pipe would keep the loader waiting, a device would never end.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return cannot_read(file, "it is no regular file");
  }
  errno = 0;
  if (!std::ifstream(file)) return cannot_read(file, std::strerror(errno));
  return std::nullopt;
}

parsed<std::string> read_whole(const std::filesystem::path& file, std::size_t bytes_max) {
  if (auto why = unreadable(file)) return std::unexpected(std::move(*why));
  std::ifstream in(file, std::ios::binary);
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return std::unexpected(cannot_read(file, "the read failed"));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > bytes_max) {
    return std::unexpected(
        cannot_read(file, "it is larger than " + to_string(byte_size{bytes_max})));
  }
  return text;
}

}  // namespace skein::conf
