// What `synchronous_standby_names` promises.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace skein::postgres {

// A leader waits for it at each commit, and nobody is called so: it is fenced.
inline constexpr std::string_view fenced_name = "skein_fenced";

// How many standbys have what is acknowledged; 0: none need have. `commit` is `synchronous_commit`.
unsigned standbys_that_acknowledge(std::string_view names, std::string_view commit);

// So many of these, whichever.
std::string any_of(unsigned count, std::span<const std::string> names);

// Who counts as a follower is known by its name alone, which a backup may have taken over with the
// line by which one signs in. A clause that names such ones, or null; and the order to end them.
// Empty: there are no names.
std::string ask_for_strangers(std::span<const std::string> names);
std::string end_strangers_among(std::span<const std::string> names);

}  // namespace skein::postgres
