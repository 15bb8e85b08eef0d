#include "simulator/report/story.hpp"

#include <fmt/format.h>

namespace simulator {

void Story::tell(io_sim::TrueTime at, std::string_view text) {
  if (kept_ != nullptr) kept_->push_back({at, std::string(text)});
  if (out_ != nullptr) fmt::print(out_, "{:>12}  {}\n", time_text(at), text);
}

std::string time_text(io_sim::TrueTime at) {
  const std::int64_t ms = at.ns / 1'000'000;
  return fmt::format("{}m{:02}.{:03}s", ms / 60'000, ms / 1000 % 60, ms % 1000);
}

std::string list_text(const std::vector<std::string>& names) {
  constexpr std::size_t most = 6;
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == most && names.size() > most + 1) return fmt::format("{} and {} more", out, names.size() - most);
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  return out;
}

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace simulator
