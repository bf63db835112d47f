// What no single key can tell: values that depend on each other are completed, and values that
// contradict each other are reported. Runs once, after the reader.
#pragma once

#include "conf/findings.hpp"
#include "conf/settings.hpp"

namespace skein::conf {

// Fills what was left out and follows from the rest (see the `completed` comments in settings.hpp).
void complete(settings& what, const load_options& options, findings& found);
void check(const settings& what, findings& found);

std::vector<std::string_view> cluster_names(const settings& what);

void check_cluster_name(const std::string& name, const std::string& path, const settings& what,
                        findings& found);
bool reached_from_outside(const listener_settings& door);

// Parts of `check`.
void check_tls(const settings& what, findings& found);
void check_rules(const settings& what, findings& found);
void check_routing(const cluster_settings& cluster, const std::string& path, findings& found);
void check_console(const settings& what, findings& found);
void check_places(const settings& what, findings& found);
void check_coordination(const settings& what, findings& found);

}  // namespace skein::conf
