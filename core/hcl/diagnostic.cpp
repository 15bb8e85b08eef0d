#include "core/hcl/diagnostic.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/hcl/limits.hpp"

namespace core::hcl {
namespace {

constexpr std::size_t max_shown_lines = 4;
constexpr std::size_t max_shown_bytes = 200;  // of one source line

Diagnostic at(Diagnostic::Severity severity, const Range& range, std::string summary, std::string detail) {
  Diagnostic out{.severity = severity, .summary = std::move(summary), .detail = std::move(detail)};
  if (!range.source) return out;
  out.file = range.source->name();
  out.start = range.start;
  out.end = range.end;
  out.block = range.source->enclosing_block(range.start.byte);
  // A range that ends at the start of a line does not reach into it.
  const bool reaches = range.end.column > 1 || range.end.line == range.start.line;
  const auto last = reaches ? range.end.line : range.end.line - 1;
  for (auto line = range.start.line; line <= last && out.lines.size() < max_shown_lines; ++line)
    out.lines.emplace_back(range.source->line(line).substr(0, max_shown_bytes));
  return out;
}

}  // namespace

Diagnostic error_at(const Range& range, std::string summary, std::string detail) {
  return at(Diagnostic::Severity::error, range, std::move(summary), std::move(detail));
}

Diagnostic warning_at(const Range& range, std::string summary, std::string detail) {
  return at(Diagnostic::Severity::warning, range, std::move(summary), std::move(detail));
}

void report_error(Diagnostics& out, const Range& range, std::string summary, std::string detail) {
  if (out.size() >= max_diagnostics && has_errors(out)) return;
  out.push_back(error_at(range, std::move(summary), std::move(detail)));
}

bool has_errors(std::span<const Diagnostic> diagnostics) {
  return std::ranges::any_of(diagnostics,
                             [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
}

std::string one_line(const Diagnostic& d) {
  if (d.file.empty()) return fmt::format("{}; {}", d.summary, d.detail);
  if (d.start.line == d.end.line)
    return fmt::format("{}:{},{}-{}: {}; {}", d.file, d.start.line, d.start.column, d.end.column, d.summary, d.detail);
  return fmt::format("{}:{},{}-{},{}: {}; {}", d.file, d.start.line, d.start.column, d.end.line, d.end.column,
                     d.summary, d.detail);
}

std::string one_line(std::span<const Diagnostic> diagnostics) {
  if (diagnostics.empty()) return "no diagnostics";
  const auto first =
      std::ranges::find_if(diagnostics, [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
  std::string out = one_line(first == diagnostics.end() ? diagnostics.front() : *first);
  if (diagnostics.size() > 1) out += fmt::format(", and {} other diagnostic(s)", diagnostics.size() - 1);
  return out;
}

std::string render(const Diagnostic& d) {
  std::string out =
      fmt::format("{}: {}\n\n", d.severity == Diagnostic::Severity::error ? "Error" : "Warning", d.summary);
  if (!d.file.empty()) {
    out += fmt::format("  on {} line {}", d.file, d.start.line);
    if (!d.block.empty()) out += ", in " + d.block;
    out += ":\n";
    for (std::size_t i = 0; i < d.lines.size(); ++i) out += fmt::format("{:4}: {}\n", d.start.line + i, d.lines[i]);
    out += '\n';
  }
  if (!d.detail.empty()) out += d.detail + "\n\n";
  return out;
}

std::string render(std::span<const Diagnostic> diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics) out += render(d);
  return out;
}

}  // namespace core::hcl
