// Extensions whose functions in C may be called by name without a doubt: they keep nothing in the
// session and run no SQL that they are given. Of others nobody knows. For catalog_maker.
#pragma once

#include <string_view>

namespace skein::postgres {

bool is_trusted(std::string_view extension, std::string_view function);

}  // namespace skein::postgres
