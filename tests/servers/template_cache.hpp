// Data directories made once (initdb and its like take seconds) and copied for every test.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace skein::servers {

// The folder cache_folder()/name, made by `make` on first use. Test processes side by side agree by
// a lock. The name must change when the recipe does.
std::filesystem::path cached_template(
    const std::string& name, const std::function<void(const std::filesystem::path&)>& make);

// Holes and reflinks keep it cheap. `user` becomes the owner when we are root; empty: unchanged.
void copy_folder(const std::filesystem::path& from, const std::filesystem::path& to,
                 const std::string& user = {});

// chown of a folder and all in it, when we are root and user is not empty.
void give_to(const std::filesystem::path& folder, const std::string& user);

}  // namespace skein::servers
