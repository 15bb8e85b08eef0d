#include "io-real/disk/file_disk.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "io-real/disk/path.hpp"
#include "io-real/thread/signals_blocked.hpp"

namespace io_real::disk {
namespace world = core::world;

namespace {

constexpr mode_t root_mode = 0700;

/// Zero, or the errno. Makes `path` and the folders above it.
int make_directories(const std::string& path) {
  for (std::size_t at = 0; at != std::string::npos;) {
    at = path.find('/', at + 1);
    if (::mkdir(path.substr(0, at).c_str(), root_mode) != 0 && errno != EEXIST) return errno;
  }
  return 0;
}

}  // namespace

std::expected<std::unique_ptr<FileDisk>, std::string> FileDisk::open(const std::string& root, Report report) {
  if (const int error = make_directories(root)) return std::unexpected(error_text("mkdir", root, error));
  Descriptor directory(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return std::unexpected(error_text("open", root, errno));
  if (::faccessat(directory.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0)
    return std::unexpected(error_text("access", root, errno));
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::unexpected("lock " + root + ": another agent uses this data directory");
    return std::unexpected(error_text("lock", root, errno));
  }
  return std::unique_ptr<FileDisk>(new FileDisk(std::move(directory), std::move(report)));
}

FileDisk::FileDisk(Descriptor root, Report report) : files_(std::move(root)), report_(std::move(report)) {
  const thread::SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

FileDisk::~FileDisk() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void FileDisk::carry_out(world::DiskBatch batch) { push(std::move(batch)); }

void FileDisk::carry_out(world::ReadDirectory read) { push(std::move(read)); }

void FileDisk::push(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void FileDisk::run() {
  std::deque<Job> taken;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      taken.swap(jobs_);
    }
    for (; !taken.empty(); taken.pop_front()) report_(answer(taken.front()));
    files_.prepare();
  }
}

world::Event FileDisk::answer(const Job& job) {
  if (const auto* read = std::get_if<world::ReadDirectory>(&job)) return files_.read(*read);
  const auto& batch = std::get<world::DiskBatch>(job);
  world::DiskBatchDone done{.token = batch.token, .error = {}};
  for (const auto& op : batch.ops) {
    done.error = files_.carry_out(op);
    if (!done.error.empty()) break;
  }
  return done;
}

}  // namespace io_real::disk
