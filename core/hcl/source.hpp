// Where a piece of configuration stands in its file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace core::hcl {

/// A place in a file. Lines and columns count from 1; a column is one Unicode code point.
struct Pos {
  std::size_t line = 1;
  std::size_t column = 1;
  std::size_t byte = 0;

  friend bool operator==(const Pos&, const Pos&) = default;
};

/// One configuration text and its name. Bodies, expressions and ranges point into it; it is never moved.
class Source {
 public:
  /// `text` has at most max_source_bytes.
  Source(std::string name, std::string text);
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }
  /// The text of line `line` (from 1) without its line end; empty past the end.
  std::string_view line(std::size_t line) const;
  /// The header of the top-level block that holds the byte (`job "x"`), or "".
  std::string_view enclosing_block(std::size_t byte) const;
  /// Notes a top-level block's header when the parser enters it; its end when the parser leaves.
  void open_block(std::size_t start, std::string header);
  void close_block(std::size_t end);
  /// A source for text that stands in this one in another spelling (a template in a JSON string). It lives as long
  /// as this one, and shows this one's lines.
  Source& derive(std::string text);

 private:
  struct TopBlock {
    std::size_t start;
    std::size_t end;
    std::string header;
  };
  std::string name_;
  std::string text_;
  std::vector<std::uint32_t> line_starts_;
  std::vector<TopBlock> top_blocks_;  // in order of their start
  const Source* parent_ = nullptr;
  std::vector<std::unique_ptr<Source>> derived_;
};

/// A half-open stretch of one source. Valid as long as the File it came from.
struct Range {
  const Source* source = nullptr;
  Pos start;
  Pos end;

  std::string_view text() const {
    return source ? source->text().substr(start.byte, end.byte - start.byte) : std::string_view{};
  }
  /// `job.nomad:3,1-2`, as HCL writes it, or `job.nomad:3,1-5,2` over several lines.
  std::string describe() const;
};

/// From the start of `first` to the end of `last`.
inline Range join(const Range& first, const Range& last) { return {first.source, first.start, last.end}; }

}  // namespace core::hcl
