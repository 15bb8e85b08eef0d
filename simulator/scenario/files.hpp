// The texts a scenario is made of: its own file, those it includes, job files. They come from the disk, or out of a
// replay file, which has them inside.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace simulator {

class Files {
 public:
  using Texts = std::map<std::string, std::string>;  // by path

  /// From the disk; what was read is remembered.
  Files() = default;
  /// These and no others.
  explicit Files(Texts texts) : texts_(std::move(texts)), only_these_(true) {}

  /// The text of the file; nothing when there is no such file, or one of more than `max_bytes`.
  std::optional<std::string> read(const std::string& path);
  bool exists(const std::string& path) const;
  /// A scenario in the same folder whose name is nearly that; empty: none.
  std::string nearest_beside(const std::string& path) const;
  /// What is found where there is no text: `missing`, or a file that is too long.
  std::string why_not(const std::string& path, const char* missing = "no readable file") const;
  /// The text of a file that need not be on the disk.
  void set(const std::string& path, std::string text) { texts_[path] = std::move(text); }
  /// All that were read.
  const Texts& texts() const { return texts_; }

  static constexpr std::size_t max_bytes = std::size_t{1} << 20;

 private:
  Texts texts_;
  bool only_these_ = false;
};

}  // namespace simulator
