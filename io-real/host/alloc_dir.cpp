#include "io-real/host/alloc_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "io-real/host/fd.hpp"
#include "io-real/host/files.hpp"

namespace io_real::host {
namespace {

namespace fs = std::filesystem;

enum class Owner { agent, nobody };
struct Folder {
  fs::path path;
  mode_t mode;
  Owner owner;
};

// Nomad gives what tasks write to to "nobody", so that any user a task runs as is a stranger there alike.
constexpr uid_t nobody = 65534;

std::string make_folder(const Folder& folder) {
  if (::mkdir(folder.path.c_str(), 0700) != 0 && errno != EEXIST)
    return errno_text("mkdir " + folder.path.string(), errno);
  const Fd made(::open(folder.path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made) return errno_text("open " + folder.path.string(), errno);
  // Not in mkdir, where the umask would take rights away.
  if (::fchmod(made.get(), folder.mode) != 0) return errno_text("chmod " + folder.path.string(), errno);
  if (folder.owner == Owner::nobody && ::geteuid() == 0 && ::fchown(made.get(), nobody, nobody) != 0)
    return errno_text("chown " + folder.path.string(), errno);
  return "";
}

std::vector<Folder> folders_of(const fs::path& root, const std::vector<std::string>& tasks) {
  constexpr mode_t open_to_all = 0777;
  const fs::path shared = root / "alloc";
  std::vector<Folder> folders{{root, 0755, Owner::agent},
                              {shared, open_to_all, Owner::nobody},
                              {shared / "data", open_to_all, Owner::nobody},
                              {shared / "logs", open_to_all, Owner::nobody},
                              {shared / "tmp", open_to_all, Owner::nobody}};
  for (const auto& task : tasks) {
    folders.push_back({root / task, open_to_all, Owner::nobody});
    folders.push_back({root / task / "local", open_to_all, Owner::nobody});
    folders.push_back({root / task / "tmp", open_to_all | S_ISVTX, Owner::nobody});
    folders.push_back({root / task / "secrets", 0700, Owner::agent});
    folders.push_back({root / task / "private", 0700, Owner::agent});
  }
  return folders;
}

}  // namespace

std::string make_alloc_dir(const fs::path& alloc_dir, const core::world::MakeAllocDir& make) {
  if (!is_plain_name(make.alloc_id)) return "the allocation's id cannot name a folder";
  for (const auto& task : make.tasks)
    if (!is_plain_name(task) || task == "alloc") return "the task's name cannot name a folder: " + task;
  std::error_code error;
  fs::create_directories(alloc_dir, error);
  if (error) return "mkdir " + alloc_dir.string() + ": " + error.message();
  for (const auto& folder : folders_of(alloc_dir / make.alloc_id, make.tasks))
    if (auto failed = make_folder(folder); !failed.empty()) return failed;
  return "";
}

void remove_alloc_dir(const fs::path& alloc_dir, const fs::path& state_dir, const std::string& alloc_id) {
  if (!is_plain_name(alloc_id)) return;
  std::error_code ignored;
  fs::remove_all(alloc_dir / alloc_id, ignored);
  fs::remove_all(state_dir / "tasks" / alloc_id, ignored);
}

}  // namespace io_real::host
