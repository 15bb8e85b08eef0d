#include "core/client/task_env.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace core::client {
namespace {

// The separators of no name: longer references than this are text.
constexpr std::size_t max_reference_length = 256;

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// "3-5,7"
std::string core_ranges(std::vector<std::uint16_t> cores) {
  std::sort(cores.begin(), cores.end());
  std::string out;
  for (std::size_t i = 0; i < cores.size();) {
    std::size_t last = i;
    while (last + 1 < cores.size() && cores[last + 1] == cores[last] + 1) ++last;
    if (!out.empty()) out += ',';
    out += last == i ? std::to_string(cores[i]) : fmt::format("{}-{}", cores[i], cores[last]);
    i = last + 1;
  }
  return out;
}

std::string host_and_port(const std::string& ip, std::int32_t port) {
  return ip.find(':') == std::string::npos ? fmt::format("{}:{}", ip, port) : fmt::format("[{}]:{}", ip, port);
}

// `x["y"]` is `y` of `x`.
struct Indexed {
  std::string_view object;
  std::string_view key;
};
std::optional<Indexed> indexed(std::string_view reference) {
  const auto open = reference.find("[\"");
  if (open == std::string_view::npos || !reference.ends_with("\"]") || open + 4 > reference.size()) return {};
  return Indexed{reference.substr(0, open), reference.substr(open + 2, reference.size() - open - 4)};
}

}  // namespace

TaskEnv::TaskEnv(const TaskPlace& place) {
  const model::Node& node = place.node;
  node_values_ = {{"node.unique.id", node.id},          {"node.unique.name", node.name},
                  {"node.datacenter", node.datacenter}, {"node.region", std::string(place.region)},
                  {"node.class", node.node_class},      {"node.pool", node.node_pool}};
  for (const auto& [key, value] : node.attributes) node_values_.emplace("attr." + key, value);
  for (const auto& [key, value] : node.meta) node_values_.emplace("meta." + key, value);
  add_place(place);
  add_limits(place);
  add_task_ports(place);
  add_group_ports(place.alloc);
  add_meta(place);
  // Each value sees what is there so far, not its neighbours in the block: their order would decide.
  std::map<std::string, std::string> own;
  for (const auto& [key, value] : place.task.env) own[interpolate(key)] = interpolate(value);
  for (auto& [key, value] : own) variables_[key] = std::move(value);
  clean_names();
}

void TaskEnv::add_place(const TaskPlace& place) {
  const model::Allocation& alloc = place.alloc;
  const model::Job& job = *alloc.job;
  const std::string root = fmt::format("{}/{}", place.alloc_dir, alloc.id);
  const std::string of_task = fmt::format("{}/{}", root, place.task.name);
  auto& env = variables_;
  env["NOMAD_ALLOC_DIR"] = root + "/alloc";
  env["NOMAD_TASK_DIR"] = of_task + "/local";
  env["NOMAD_SECRETS_DIR"] = of_task + "/secrets";
  env["NOMAD_ALLOC_ID"] = alloc.id;
  env["NOMAD_SHORT_ALLOC_ID"] = alloc.id.substr(0, 8);
  env["NOMAD_ALLOC_NAME"] = alloc.name;
  env["NOMAD_ALLOC_INDEX"] = std::to_string(alloc.index());
  env["NOMAD_TASK_NAME"] = place.task.name;
  env["NOMAD_GROUP_NAME"] = place.group.name;
  env["NOMAD_JOB_ID"] = job.id;
  env["NOMAD_JOB_NAME"] = job.name;
  if (!job.parent_id.empty()) env["NOMAD_JOB_PARENT_ID"] = job.parent_id;
  env["NOMAD_DC"] = place.node.datacenter;
  env["NOMAD_REGION"] = place.region;
  env["NOMAD_NAMESPACE"] = alloc.namespace_;
  if (const auto version = place.node.attributes.find("unique.cgroup.version"); version != place.node.attributes.end())
    env["NOMAD_PARENT_CGROUP"] = version->second == "v2" ? "nomad.slice" : "/nomad";
}

void TaskEnv::add_limits(const TaskPlace& place) {
  const auto found = place.alloc.allocated_resources.tasks.find(place.task.name);
  if (found == place.alloc.allocated_resources.tasks.end()) return;
  const model::AllocatedTaskResources& had = found->second;
  if (had.memory.memory_mb > 0) variables_["NOMAD_MEMORY_LIMIT"] = std::to_string(had.memory.memory_mb);
  if (had.memory.memory_max_mb > 0) variables_["NOMAD_MEMORY_MAX_LIMIT"] = std::to_string(had.memory.memory_max_mb);
  if (had.cpu.cpu_shares > 0) variables_["NOMAD_CPU_LIMIT"] = std::to_string(had.cpu.cpu_shares);
  if (!had.cpu.reserved_cores.empty()) variables_["NOMAD_CPU_CORES"] = core_ranges(had.cpu.reserved_cores);
}

void TaskEnv::add_group_ports(const model::Allocation& alloc) {
  for (const model::AllocatedPort& port : alloc.allocated_resources.shared.ports) {
    const std::string inside = std::to_string(port.to > 0 ? port.to : port.value);
    const std::string outside = host_and_port(port.host_ip, port.value);
    variables_["NOMAD_IP_" + port.label] = port.host_ip;
    variables_["NOMAD_PORT_" + port.label] = inside;
    variables_["NOMAD_ADDR_" + port.label] = outside;
    variables_["NOMAD_HOST_IP_" + port.label] = port.host_ip;
    variables_["NOMAD_HOST_PORT_" + port.label] = std::to_string(port.value);
    variables_["NOMAD_HOST_ADDR_" + port.label] = outside;
    variables_["NOMAD_ALLOC_PORT_" + port.label] = inside;
  }
}

// Ports that belong to tasks: the task's own under their label, those of its siblings under task and label.
void TaskEnv::add_task_ports(const TaskPlace& place) {
  for (const auto& [task, had] : place.alloc.allocated_resources.tasks) {
    const bool own = task == place.task.name;
    for (const model::NetworkResource& network : had.networks) {
      const auto add = [&](const model::Port& port) {
        const std::string label = own ? port.label : task + '_' + port.label;
        variables_["NOMAD_IP_" + label] = network.ip;
        variables_["NOMAD_PORT_" + label] = std::to_string(port.to > 0 && own ? port.to : port.value);
        variables_["NOMAD_ADDR_" + label] = host_and_port(network.ip, port.value);
        if (own) variables_["NOMAD_HOST_PORT_" + label] = std::to_string(port.value);
      };
      for (const model::Port& port : network.reserved_ports) add(port);
      for (const model::Port& port : network.dynamic_ports) add(port);
    }
  }
}

void TaskEnv::add_meta(const TaskPlace& place) {
  const model::Job& job = *place.alloc.job;
  std::map<std::string, std::string> meta = place.task.meta;
  meta.insert(place.group.meta.begin(), place.group.meta.end());  // those that are there stay
  meta.insert(job.meta.begin(), job.meta.end());
  if (job.parameterized_job && job.dispatched)
    for (const std::string& key : job.parameterized_job->meta_optional) meta.emplace(key, "");
  for (auto& [key, value] : meta) value = interpolate(value);
  for (const auto& [key, value] : meta) {
    variables_["NOMAD_META_" + upper(key)] = value;
    variables_["NOMAD_META_" + key] = value;
  }
}

// A label such as "my-port" makes no name that a shell can read.
void TaskEnv::clean_names() {
  static constexpr std::array<std::string_view, 5> prefixes{"NOMAD_ADDR_", "NOMAD_IP_", "NOMAD_PORT_",
                                                            "NOMAD_HOST_PORT_", "NOMAD_META_"};
  std::map<std::string, std::string> cleaned;
  for (auto& [key, value] : variables_) {
    std::string name = key;
    if (std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view p) { return key.starts_with(p); }))
      std::replace_if(name.begin(), name.end(), [](char c) { return !is_name_char(c); }, '_');
    cleaned.insert_or_assign(std::move(name), std::move(value));
  }
  variables_ = std::move(cleaned);
}

std::string TaskEnv::find(std::string_view reference, bool& known) const {
  std::string name(reference);
  if (const auto index = indexed(reference)) {
    name = index->object == "env" ? std::string(index->key) : fmt::format("{}.{}", index->object, index->key);
  }
  known = true;
  if (const auto found = variables_.find(name); found != variables_.end()) return found->second;
  if (const auto found = node_values_.find(name); found != node_values_.end()) return found->second;
  known = false;
  return {};
}

std::string TaskEnv::interpolate(std::string_view text) const {
  std::string out;
  while (true) {
    const auto open = text.find("${");
    const auto close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return out.append(text);
    const std::string_view reference = text.substr(open + 2, close - open - 2);
    bool known = false;
    const std::string value = reference.size() <= max_reference_length ? find(reference, known) : std::string{};
    if (known) {
      out.append(text.substr(0, open)).append(value);
      text.remove_prefix(close + 1);
    } else {
      // What looks like a reference within this one may be one: "${x ${NOMAD_DC}".
      out.append(text.substr(0, open + 2));
      text.remove_prefix(open + 2);
    }
  }
}

namespace {

std::optional<std::string> scalar_text(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (const auto* number = value.if_int64()) return std::to_string(*number);
  if (const auto* number = value.if_uint64()) return std::to_string(*number);
  if (const auto* number = value.if_double()) return fmt::format("{}", *number);
  if (const auto* flag = value.if_bool()) return *flag ? "true" : "false";
  return {};
}

// raw_exec's words (client-internals.md §13).
std::expected<void, std::string> read_raw_exec(const boost::json::value& config, const TaskEnv& env,
                                               world::StartTask& start) {
  static const boost::json::object nothing;
  const boost::json::object* object = config.if_object();
  if (object == nullptr) {
    if (!config.is_null()) return std::unexpected("failed to parse config: an object is required");
    object = &nothing;
  }
  for (const auto& [key, value] : *object) {
    if (key == "command") {
      const auto text = scalar_text(value);
      if (!text)
        return std::unexpected("failed to parse config: Incorrect attribute value type: command: a string is required");
      start.command = env.interpolate(*text);
    } else if (key == "args") {
      if (value.is_null()) continue;
      const auto* list = value.if_array();
      if (list == nullptr)
        return std::unexpected("failed to parse config: Incorrect attribute value type: args: list of string required");
      for (const boost::json::value& item : *list) {
        const auto text = scalar_text(item);
        if (!text)
          return std::unexpected(
              "failed to parse config: Incorrect attribute value type: args: list of string required");
        start.args.push_back(env.interpolate(*text));
      }
    } else {
      return std::unexpected(fmt::format(
          "failed to parse config: Invalid label: No argument or block type is named \"{}\".", std::string_view(key)));
    }
  }
  if (!object->contains("command"))
    return std::unexpected(
        "failed to parse config: Missing required argument: The argument \"command\" is required, but no definition "
        "was found.");
  if (start.command.empty()) return std::unexpected("command is a required parameter");
  return {};
}

}  // namespace

std::expected<world::StartTask, std::string> make_start(const TaskPlace& place) {
  const model::Task& task = place.task;
  const TaskEnv env(place);
  world::StartTask start;
  start.key = {place.alloc.id, task.name};
  start.driver = task.driver;
  start.user = task.user;
  if (task.log_config) {
    start.logs_disabled = task.log_config->disabled;
    if (task.log_config->max_files < 1 || task.log_config->max_file_size_mb < 1)
      return std::unexpected("log limits must be at least one file of 1 MB");
    start.log_max_files = static_cast<std::uint32_t>(task.log_config->max_files);
    start.log_max_file_bytes = static_cast<std::uint64_t>(task.log_config->max_file_size_mb) * 1024 * 1024;
  }
  if (task.driver != "raw_exec")
    return std::unexpected(fmt::format("driver \"{}\" is not supported by this node", task.driver));
  if (auto read = read_raw_exec(task.config, env, start); !read) return std::unexpected(read.error());
  start.env = env.variables();
  return start;
}

}  // namespace core::client
