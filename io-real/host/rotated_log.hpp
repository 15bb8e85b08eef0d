// One stream of a task's output as a row of files `<name>.0`, `<name>.1`, ...: none larger than a limit, and only the
// newest few kept (client-internals.md §9).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io-real/host/fd.hpp"

namespace io_real::host {

class RotatedLog {
 public:
  struct Limits {
    std::uint32_t max_files = 10;
    std::uint64_t max_file_bytes = 10 * 1024 * 1024;
  };

  /// Goes on where an earlier run of the task left off: with its newest file, or with 0.
  RotatedLog(std::string folder, std::string name, Limits limits);

  /// Appends, beginning new files as they fill, at the end of a line where there is one. Bytes that the disk
  /// refuses are dropped: a full disk must not stop the task.
  void write(std::string_view bytes);

 private:
  void open_file();
  std::string_view part_for_this_file(std::string_view bytes) const;
  void remove_old() const;
  std::string path(std::uint64_t index) const;

  std::string folder_;
  std::string name_;
  Limits limits_;
  std::uint64_t index_ = 0;
  std::uint64_t file_bytes_ = 0;
  bool at_line_start_ = true;
  Fd file_;
};

}  // namespace io_real::host
