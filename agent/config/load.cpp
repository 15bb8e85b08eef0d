#include "agent/config/load.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/hcl/hcl.hpp"
#include "core/jobspec/reader.hpp"

namespace agent::config {
namespace {

namespace fs = std::filesystem;
using core::jobspec::KeyRule;

constexpr KeyRule key_rules[] = {
    {"AgentConfig", "dev_mode", "", {}},
};

std::string line_of(const core::hcl::Diagnostic& d) {
  const std::string what = d.detail.empty() ? d.summary : d.summary + ": " + d.detail;
  return d.file.empty() ? what : fmt::format("{}:{}:{}: {}", d.file, d.start.line, d.start.column, what);
}

ConfigError to_error(const core::hcl::Diagnostics& diagnostics) {
  ConfigError error;
  for (const auto& diagnostic : diagnostics) error.errors.push_back(line_of(diagnostic));
  return error;
}

bool is_temporary(std::string_view name) {
  return name.ends_with('~') || name.starts_with(".#") || (name.starts_with('#') && name.ends_with('#'));
}

std::expected<std::string, std::string> read_text(const fs::path& path) {
  std::error_code code;
  const auto size = fs::file_size(path, code);
  if (code) return std::unexpected(fmt::format("{}: {}", path.string(), code.message()));
  if (size > core::hcl::max_source_bytes)
    return std::unexpected(fmt::format("{}: larger than {} bytes", path.string(), core::hcl::max_source_bytes));
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) return std::unexpected(fmt::format("{}: cannot be read", path.string()));
  return text;
}

std::expected<std::vector<std::string>, std::string> files_of(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code code;
  for (fs::directory_iterator at(directory, code), end; !code && at != end; at.increment(code)) {
    const std::string name = at->path().filename().string();
    const bool configuration = name.ends_with(".hcl") || name.ends_with(".json");
    if (configuration && !is_temporary(name) && !fs::is_directory(at->path())) files.push_back(at->path().string());
  }
  if (code) return std::unexpected(fmt::format("{}: {}", directory, code.message()));
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::string ConfigError::text() const { return fmt::format("{}", fmt::join(errors, "\n")); }

std::expected<Fragment, ConfigError> parse_config(std::string name, std::string text) {
  auto parsed = core::hcl::parse_any(std::move(name), std::move(text), {core::hcl::Dialect::hcl1});
  core::hcl::Diagnostics out = std::move(parsed.diagnostics);
  Fragment fragment;
  if (!core::hcl::has_errors(out)) {
    const auto context = std::make_shared<const core::hcl::EvalContext>();
    core::jobspec::BodyReader reader(
        {.rules = key_rules, .forms = {}, .merge_repeated = true, .plain_unknown_keys = true}, out);
    fragment = reader.read_as<AgentConfig>(*parsed.file.body, context);
  }
  if (core::hcl::has_errors(out)) return std::unexpected(to_error(out));
  return fragment;
}

std::expected<Loaded, ConfigError> load_paths(std::span<const std::string> paths) {
  Loaded loaded;
  for (const std::string& path : paths) {
    std::error_code code;
    std::vector<std::string> files{path};
    if (fs::is_directory(path, code)) {
      auto found = files_of(path);
      if (!found) return std::unexpected(ConfigError{{"Error loading configuration from " + found.error()}});
      if (found->empty()) loaded.warnings.push_back("No configuration loaded from " + path);
      files = std::move(*found);
    }
    for (const std::string& file : files) {
      auto text = read_text(file);
      if (!text) return std::unexpected(ConfigError{{"Error loading configuration from " + text.error()}});
      auto fragment = parse_config(file, std::move(*text));
      if (!fragment) return std::unexpected(fragment.error());
      merge(loaded.fragment, *fragment);
      loaded.files.push_back(file);
    }
  }
  return loaded;
}

}  // namespace agent::config
