// What is logged while it lives, for tests that read it.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "metrics/log.hpp"

namespace skein::proxy {

class log_file {
 public:
  log_file() : file_(std::tmpfile()) { metrics::log::configure({.descriptor = ::fileno(file_)}); }
  log_file(const log_file&) = delete;
  ~log_file() {
    metrics::log::configure({});
    std::fclose(file_);
  }
  std::string text() const {
    std::string all(100'000, '\0');
    const auto size = ::pread(::fileno(file_), all.data(), all.size(), 0);
    all.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return all;
  }
  long lines() const { return std::ranges::count(text(), '\n'); }

 private:
  std::FILE* file_;
};

}  // namespace skein::proxy
