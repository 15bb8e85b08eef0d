// What is wrong with a configuration, and where: HCL's own shape and texts.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/hcl/source.hpp"

namespace core::hcl {

/// One error or warning. Holds copies of all it shows, so it may outlive the file it is about.
struct Diagnostic {
  enum class Severity { error, warning };

  Severity severity = Severity::error;
  std::string summary;  // "Missing item separator": no full stop
  std::string detail;   // sentences
  std::string file;     // empty when it is about no place
  Pos start;
  Pos end;
  std::string block;               // header of the top-level block it is in, or empty
  std::vector<std::string> lines;  // the source lines it covers, the first few
};

using Diagnostics = std::vector<Diagnostic>;

/// An error about `range`.
Diagnostic error_at(const Range& range, std::string summary, std::string detail);
Diagnostic warning_at(const Range& range, std::string summary, std::string detail);

/// Adds an error about `range`, unless max_diagnostics are there already.
void report_error(Diagnostics& out, const Range& range, std::string summary, std::string detail);

bool has_errors(std::span<const Diagnostic> diagnostics);

/// `job.nomad:3,1-2: Missing item separator; Expected a comma ...`: HCL's one-line form.
std::string one_line(const Diagnostic& diagnostic);
/// HCL's one-line form of a list: the first error, then `, and 2 other diagnostic(s)`.
std::string one_line(std::span<const Diagnostic> diagnostics);
/// HCL's long form, several lines with the source, each diagnostic ending in an empty line.
std::string render(const Diagnostic& diagnostic);
std::string render(std::span<const Diagnostic> diagnostics);

}  // namespace core::hcl
