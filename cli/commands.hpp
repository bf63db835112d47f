// The subcommands: each takes its arguments and returns the exit code of the process.
#pragma once

#include "cli/arguments.hpp"

namespace skein::cli {

int run(const arguments& how);
int check(const arguments& how);
int status(const arguments& how);
int explain(const arguments& how);
int grants(const arguments& how);
int rejoin(const arguments& how);
int switchover(const arguments& how);
int drain(const arguments& how);

}  // namespace skein::cli
