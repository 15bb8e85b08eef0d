#include "core/hcl/source.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace core::hcl {

Source::Source(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)), line_starts_{0} {
  for (std::size_t at = 0; at < text_.size(); ++at)
    if (text_[at] == '\n') line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
}

std::string_view Source::line(std::size_t line) const {
  if (parent_) return parent_->line(line);
  if (line == 0 || line > line_starts_.size()) return {};
  const std::size_t start = line_starts_[line - 1];
  const std::size_t end = line < line_starts_.size() ? line_starts_[line] - 1 : text_.size();
  auto found = std::string_view(text_).substr(start, end - start);
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

std::string_view Source::enclosing_block(std::size_t byte) const {
  const auto after = std::ranges::upper_bound(top_blocks_, byte, {}, [](const TopBlock& block) { return block.start; });
  if (after == top_blocks_.begin()) return {};
  const TopBlock& block = *std::prev(after);
  return byte <= block.end ? std::string_view(block.header) : std::string_view{};
}

void Source::open_block(std::size_t start, std::string header) {
  top_blocks_.push_back({start, text_.size(), std::move(header)});
}

void Source::close_block(std::size_t end) {
  if (!top_blocks_.empty()) top_blocks_.back().end = end;
}

Source& Source::derive(std::string text) {
  derived_.push_back(std::make_unique<Source>(name_, std::move(text)));
  derived_.back()->parent_ = this;
  return *derived_.back();
}

std::string Range::describe() const {
  const std::string_view name = source ? std::string_view(source->name()) : "<unknown>";
  if (start.line == end.line) return fmt::format("{}:{},{}-{}", name, start.line, start.column, end.column);
  return fmt::format("{}:{},{}-{},{}", name, start.line, start.column, end.line, end.column);
}

}  // namespace core::hcl
