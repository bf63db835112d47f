// Which Skein this is; set by the build.
#pragma once

namespace skein::cli {

inline constexpr const char* version = SKEIN_VERSION;

}  // namespace skein::cli
