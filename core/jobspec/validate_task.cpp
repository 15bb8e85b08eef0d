// Tasks: resources, logs, templates, artifacts, lifecycle.
#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "core/jobspec/checks.hpp"

namespace core::jobspec::checks {
namespace {

constexpr std::int32_t least_memory_mb = 10;

// True for a path whose `..` lead out of the directory it is relative to.
bool escapes(std::string_view path) {
  int depth = 0;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part == "..")
      --depth;
    else if (!part.empty() && part != ".")
      ++depth;
    if (depth < 0) return true;
  }
  return false;
}

void check_resources(const model::Resources& resources, Errors& out) {
  if (resources.cores > 0 && resources.cpu > 0)
    out.emplace_back("Task can only ask for 'cpu' or 'cores' resource, not both.");
  if (resources.cores < 0) out.push_back(fmt::format("minimum cores value is 0; got {}", resources.cores));
  if (resources.cpu < 1 && resources.cores == 0)
    out.push_back(fmt::format("minimum CPU value is 1; got {}", resources.cpu));
  if (resources.memory_mb < least_memory_mb)
    out.push_back(fmt::format("minimum MemoryMB value is {}; got {}", least_memory_mb, resources.memory_mb));
  if (resources.memory_max_mb != 0 && resources.memory_max_mb < resources.memory_mb)
    out.push_back(fmt::format("MemoryMaxMB value ({}) should be larger than MemoryMB value ({})",
                              resources.memory_max_mb, resources.memory_mb));
  if (resources.iops != 0) out.emplace_back("IOPS is not supported; remove iops from the resources block");
  for (std::size_t i = 0; i < resources.devices.size(); ++i) {
    Errors inner;
    if (resources.devices[i].name.empty()) inner.emplace_back("device name must be given");
    constraints(resources.devices[i].constraints, false, inner);
    affinities(resources.devices[i].affinities, inner);
    nest(out, fmt::format("device {}", i + 1), inner);
  }
}

void check_logs(const model::LogConfig& logs, const model::TaskGroup& group, Errors& out) {
  if (logs.max_files < 1) out.push_back(fmt::format("minimum number of files is 1; got {}", logs.max_files));
  if (logs.max_file_size_mb < 1) out.push_back(fmt::format("minimum file size is 1MB; got {}", logs.max_file_size_mb));
  if (logs.disabled || !group.ephemeral_disk) return;
  const std::int64_t used = std::int64_t{logs.max_files} * logs.max_file_size_mb;
  if (group.ephemeral_disk->size_mb <= used)
    out.push_back(fmt::format("log storage ({} MB) must be less than requested disk capacity ({} MB)", used,
                              group.ephemeral_disk->size_mb));
}

void check_template(const model::Template& written, Errors& out) {
  if (written.source_path.empty() && written.embedded_tmpl.empty())
    out.emplace_back("Must specify a source path or have an embedded template");
  if (written.dest_path.empty())
    out.emplace_back("Must specify a destination for the template");
  else if (escapes(written.dest_path))
    out.emplace_back("destination escapes allocation directory");
  const std::string& mode = written.change_mode;
  if (mode == "signal") {
    if (written.change_signal.empty()) out.emplace_back("Must specify signal value when change mode is signal");
    if (written.envvars) out.emplace_back("cannot use signals with env var templates");
  } else if (mode == "script") {
    if (!written.change_script)
      out.emplace_back("must specify change script configuration value when change mode is script");
    else if (written.change_script->command.empty())
      out.emplace_back("must specify script path value when change mode is script");
    if (written.envvars) out.emplace_back("cannot use script with env var templates");
  } else if (mode != "noop" && mode != "restart") {
    out.emplace_back("Must specify change mode of noop, restart, signal or script; got \"" + mode + "\"");
  }
  if (written.splay < Duration{}) out.emplace_back("Must specify positive splay value");
  if (!RE2::FullMatch(written.perms, "0?[0-7]{3,4}"))
    out.push_back(fmt::format("Failed to parse \"{}\" as octal", written.perms));
  if (written.wait && written.wait->min && written.wait->max && *written.wait->min > *written.wait->max)
    out.emplace_back("wait min is greater than wait max");
}

void check_artifact(const model::Artifact& artifact, Errors& out) {
  static constexpr std::string_view modes[] = {"any", "file", "dir"};
  if (artifact.getter_source.empty()) out.emplace_back("source must be specified");
  if (std::ranges::find(modes, artifact.getter_mode) == std::end(modes))
    out.push_back(fmt::format("invalid artifact mode \"{}\"; must be one of: any, file, dir", artifact.getter_mode));
  if (escapes(artifact.relative_dest)) out.emplace_back("destination escapes allocation directory");
  const auto checksum = artifact.getter_options.find("checksum");
  if (checksum == artifact.getter_options.end() || checksum->second.contains("${")) return;
  if (!RE2::FullMatch(checksum->second,
                      "(md5:[0-9a-fA-F]{32}|sha1:[0-9a-fA-F]{40}|sha256:[0-9a-fA-F]{64}|"
                      "sha512:[0-9a-fA-F]{128}|file:.+)"))
    out.push_back(fmt::format("invalid checksum: \"{}\"", checksum->second));
}

void check_vault(const model::Vault& vault, Errors& out) {
  if (vault.policies.empty()) out.emplace_back("Policy list cannot be empty");
  if (std::ranges::find(vault.policies, "root") != vault.policies.end())
    out.emplace_back("Can not specify \"root\" policy");
  static constexpr std::string_view modes[] = {"noop", "restart", "signal"};
  if (std::ranges::find(modes, vault.change_mode) == std::end(modes))
    out.push_back(fmt::format("Unknown change mode \"{}\"", vault.change_mode));
}

void check_mounts(const model::Task& task, const model::TaskGroup& group, Errors& out) {
  static constexpr std::string_view modes[] = {"private", "host-to-task", "bidirectional"};
  for (std::size_t i = 0; i < task.volume_mounts.size(); ++i) {
    const model::VolumeMount& mount = task.volume_mounts[i];
    if (mount.volume.empty())
      out.push_back(fmt::format("Volume Mount ({}) references an empty volume", i));
    else if (!group.volumes.contains(mount.volume))
      out.push_back(fmt::format("Volume Mount ({}) references undefined volume {}", i, mount.volume));
    if (std::ranges::find(modes, mount.propagation_mode) == std::end(modes))
      out.push_back(
          fmt::format("Volume Mount ({}) has an invalid propagation mode: \"{}\"", i, mount.propagation_mode));
  }
}

void check_name(const model::Task& task, Errors& out) {
  if (task.name.empty()) out.emplace_back("Missing task name");
  if (task.name.find_first_of("/\\") != std::string::npos) out.emplace_back("Task name cannot include slashes");
  if (has_null(task.name)) out.emplace_back("Task name cannot include null characters");
  if (task.driver.empty()) out.emplace_back("Missing task driver");
}

}  // namespace

void task(const model::Task& task, const model::TaskGroup& group, const model::Job&, Errors& out) {
  check_name(task, out);
  if (task.kill_timeout && *task.kill_timeout < Duration{}) out.emplace_back("KillTimeout must be a positive value");
  if (task.shutdown_delay < Duration{}) out.emplace_back("ShutdownDelay must be a positive value");
  if (task.resources)
    check_resources(*task.resources, out);
  else
    out.emplace_back("Missing task resources");
  if (task.log_config)
    check_logs(*task.log_config, group, out);
  else
    out.emplace_back("Missing Log Config");
  constraints(task.constraints, true, out);
  affinities(task.affinities, out);
  if (task.restart_policy) restart(*task.restart_policy, out);
  for (std::size_t i = 0; i < task.templates.size(); ++i) {
    Errors inner;
    check_template(task.templates[i], inner);
    nest(out, fmt::format("Template {}", i + 1), inner);
  }
  for (std::size_t i = 0; i < task.artifacts.size(); ++i) {
    Errors inner;
    check_artifact(task.artifacts[i], inner);
    nest(out, fmt::format("Artifact {}", i + 1), inner);
  }
  if (task.vault) {
    Errors inner;
    check_vault(*task.vault, inner);
    nest(out, "Vault", inner);
  }
  if (task.dispatch_payload) {
    if (task.dispatch_payload->file.empty()) out.emplace_back("Dispatch payload file must be given");
    if (escapes(task.dispatch_payload->file)) out.emplace_back("destination escapes allocation directory");
  }
  if (task.lifecycle) {
    static constexpr std::string_view hooks[] = {"prestart", "poststart", "poststop"};
    if (task.lifecycle->hook.empty())
      out.emplace_back("no lifecycle hook provided");
    else if (std::ranges::find(hooks, task.lifecycle->hook) == std::end(hooks))
      out.push_back(fmt::format("invalid hook: {}", task.lifecycle->hook));
  }
  check_mounts(task, group, out);
}

}  // namespace core::jobspec::checks
