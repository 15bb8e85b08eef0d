#include "agent/daemon/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "io-real/thread/signals_blocked.hpp"

namespace agent::daemon {
namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

namespace {

// PATH, and PATH.1 and so on.
std::vector<fs::path> files_of(const fs::path& path) {
  std::vector<fs::path> out;
  std::error_code error;
  const std::string name = path.filename().string();
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string other = entry.path().filename().string();
    if (!other.starts_with(name)) continue;
    const std::string rest = other.substr(name.size());
    if (rest.empty() || (rest.size() > 1 && rest[0] == '.' && rest.find_first_not_of("0123456789", 1) == rest.npos))
      out.push_back(entry.path());
  }
  return out;
}

// The crash that one wants to look at was in the life before this one.
void keep_earlier_life(const std::string& path) {
  const std::vector<fs::path> earlier = files_of(path);
  if (earlier.empty()) return;
  std::error_code ignored;
  for (const fs::path& file : files_of(path + ".prev")) fs::remove(file, ignored);
  const std::size_t name = fs::path(path).filename().string().size();
  for (const fs::path& file : earlier)
    fs::rename(file, path + ".prev" + file.filename().string().substr(name), ignored);
}

}  // namespace

void Journal::Close::operator()(std::FILE* file) const { std::fclose(file); }

Journal::Journal(std::string path, core::wire::RecordingHeader header, Limits limits, Say say)
    : path_(std::move(path)), header_(std::move(header)), limits_(limits), say_(std::move(say)) {}

std::expected<std::unique_ptr<Journal>, std::string> Journal::open(std::string path, core::wire::RecordingHeader header,
                                                                   Limits limits, Say say) {
  keep_earlier_life(path);
  std::unique_ptr<Journal> journal(new Journal(std::move(path), std::move(header), limits, std::move(say)));
  if (!journal->begin_segment()) return std::unexpected("-record " + journal->path_ + ": " + std::strerror(errno));
  const io_real::thread::SignalsBlocked blocked;
  journal->thread_ = std::thread([raw = journal.get()] { raw->work(); });
  return journal;
}

Journal::~Journal() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Journal::add(Entry entry, std::size_t weight) {
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    if (overrun_) return;
    waiting_bytes_ += weight;
    overrun_ = waiting_bytes_ > most_waiting_bytes;
    if (!overrun_) waiting_.emplace_back(std::move(entry));
    full = waiting_.size() == block_entries;
  }
  if (full) changed_.notify_one();
}

void Journal::add(core::wire::Observed observed) {
  const std::lock_guard lock(mutex_);
  if (!overrun_) waiting_.emplace_back(std::move(observed));
}

void Journal::add(core::raft::Entry entry) {
  const std::lock_guard lock(mutex_);
  waiting_bytes_ += sizeof entry + entry.weight();
  if (!overrun_) waiting_.emplace_back(std::move(entry));
}

void Journal::add(std::optional<core::agent::Moment> moment) {
  wants_moment_.store(false, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (!overrun_) waiting_.emplace_back(std::move(moment));
}

void Journal::work() {
  std::vector<Item> items;
  for (bool more = true; more;) {
    bool overrun = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, block_time, [&] { return ended_ || waiting_.size() >= block_entries; });
      items.swap(waiting_);
      waiting_bytes_ = 0;
      more = !ended_;
      overrun = overrun_;
    }
    if (!given_up_) write_items(items);
    if (overrun && !given_up_) give_up("the disk does not keep up");
    items.clear();
  }
}

void Journal::write_items(std::vector<Item>& items) {
  for (Item& item : items) std::visit([this](auto& kind) { take(kind); }, item);
  write(writer_.finish_block());
  // A state that is large beside the ring is not written again before as much has happened.
  const bool is_full = segment_bytes_ - moment_bytes_ >= std::max(limits_.bytes / segments, moment_bytes_);
  const bool is_old = limits_.minutes.count() > 0 &&
                      Steady::now() - segment_began_ >= std::chrono::seconds(limits_.minutes) / (segments - 1);
  if ((is_full || is_old) && !std::exchange(segment_ends_, true)) wants_moment_.store(true, std::memory_order_relaxed);
}

void Journal::take(Entry& entry) {
  writer_.add(entry.now, entry.event, entry.effects_hash);
  ++header_.first_event;  // of the next segment
}

void Journal::take(std::optional<core::agent::Moment>& moment) {
  write(writer_.finish_block());
  if (std::exchange(segment_ends_, false)) end_segment();
  if (!moment || given_up_) return;
  const std::uint64_t before = segment_bytes_;
  core::agent::write_moment(std::move(*moment), writer_, [this] { write(writer_.finish_block()); });
  moment_bytes_ += segment_bytes_ - before;
  moment.reset();
}

bool Journal::begin_segment() {
  // It holds requests, task environments and the gossip key: nobody else may look.
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  file_.reset(::fdopen(fd, "wb"));
  if (!file_) {
    ::close(fd);
    return false;
  }
  std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // blocks go to the system whole
  segment_bytes_ = 0;
  moment_bytes_ = 0;
  segment_began_ = Steady::now();
  write(writer_.begin(header_));
  return !given_up_;
}

void Journal::end_segment() {
  file_.reset();
  if (std::rename(path_.c_str(), name_of(header_.segment).c_str()) != 0) return give_up(std::strerror(errno));
  const auto now = Steady::now();
  older_.push_back({header_.segment, segment_bytes_, now});
  std::uint64_t all = limits_.bytes / segments;  // of the one that begins
  for (const Segment& one : older_) all += one.bytes;
  while (!older_.empty() &&
         (all > limits_.bytes || (limits_.minutes.count() > 0 && now - older_.front().ended >= limits_.minutes))) {
    std::remove(name_of(older_.front().number).c_str());
    all -= older_.front().bytes;
    older_.pop_front();
  }
  ++header_.segment;
  if (!begin_segment() && !given_up_) give_up(std::strerror(errno));
}

void Journal::write(const std::string& bytes) {
  if (bytes.empty() || given_up_) return;
  segment_bytes_ += bytes.size();
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) give_up(std::strerror(errno));
}

// The agent is worth more than its recording, which ends here and can be replayed up to here.
void Journal::give_up(const std::string& why) {
  given_up_ = true;
  say_("==> -record " + path_ + " ends: " + why);
}

std::string Journal::name_of(std::uint32_t segment) const { return path_ + "." + std::to_string(segment); }

}  // namespace agent::daemon
