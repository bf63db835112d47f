#include "cli/owner.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace skein::cli {

std::expected<as_owner, std::string> as_owner::of(const std::filesystem::path& folder) {
  as_owner out;
  if (geteuid() != 0) return out;
  struct stat found{};
  // Of a folder that an earlier attempt has moved away, the folder above tells.
  std::filesystem::path at = folder;
  while (stat(at.c_str(), &found) != 0 && at.has_relative_path()) at = at.parent_path();
  const passwd* who = getpwuid(found.st_uid);
  if (found.st_uid == 0 || !who)
    return std::unexpected("it is not known as whom to run: " + folder.string() +
                           (who ? " belongs to root" : " is owned by nobody that is known here"));
  out.groups_.resize(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  static_cast<void>(getgroups(static_cast<int>(out.groups_.size()), out.groups_.data()));
  // The real one, too, since what is run looks at both; the saved one leads back.
  if (initgroups(who->pw_name, who->pw_gid) != 0 || setresgid(who->pw_gid, who->pw_gid, 0) != 0 ||
      setresuid(who->pw_uid, who->pw_uid, 0) != 0)
    return std::unexpected("cannot run as " + std::string(who->pw_name) + ": " +
                           std::generic_category().message(errno));
  out.changed_ = true;
  return out;
}

as_owner::as_owner(as_owner&& other) noexcept
    : changed_(std::exchange(other.changed_, false)), groups_(std::move(other.groups_)) {}

as_owner::~as_owner() {
  if (!changed_) return;
  const bool back = setresuid(0, 0, 0) == 0 && setresgid(0, 0, 0) == 0 &&
                    setgroups(groups_.size(), groups_.data()) == 0;
  if (!back) std::abort();
}

}  // namespace skein::cli
