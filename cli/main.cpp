// The skein command.
#include <cstdio>
#include <exception>

#include "cli/commands.hpp"
#include "cli/version.hpp"

namespace {

int dispatch(const skein::cli::arguments& how) {
  using skein::cli::command;
  switch (how.what) {
    case command::run:
      return skein::cli::run(how);
    case command::check:
      return skein::cli::check(how);
    case command::status:
      return skein::cli::status(how);
    case command::explain:
      return skein::cli::explain(how);
    case command::grants:
      return skein::cli::grants(how);
    case command::rejoin:
      return skein::cli::rejoin(how);
    case command::switchover:
      return skein::cli::switchover(how);
    case command::drain:
      return skein::cli::drain(how);
    case command::version:
      std::printf("skein %s\n", skein::cli::version);
      break;
    case command::help:
      std::fputs(skein::cli::help(how.topic).c_str(), stdout);
      break;
  }
  return skein::cli::exit_ok;
}

}  // namespace

int main(int count, char** words) {
  try {
    const auto how = skein::cli::parse(std::vector<std::string>(words + 1, words + count));
    if (how) return dispatch(*how);
    std::fprintf(stderr, "skein: %s\n", how.error().c_str());
    return skein::cli::exit_usage;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "skein: %s\n", failure.what());
    return skein::cli::exit_problem;
  }
}
