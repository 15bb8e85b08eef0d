#include "agent/config/unsupported.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "core/base/check.hpp"
#include "core/describe/compare.hpp"
#include "core/describe/scalar.hpp"

namespace agent::config {
namespace {

namespace json = boost::json;
using core::describe::Field;
using core::describe::Kind;
using core::describe::Type;

// Keys as files write them. A block's name stands for all keys in it.
constexpr std::string_view absent[] = {
    "acl.enabled",
    "acl.replication_token",
    "audit",
    "client.artifact",
    "client.bridge_network_hairpin_mode",
    "client.bridge_network_name",
    "client.bridge_network_subnet",
    "client.cgroup_parent",
    "client.chroot_env",
    "client.cni_config_dir",
    "client.cni_path",
    "client.disk_free_mb",
    "client.disk_total_mb",
    "client.drain_on_shutdown",
    "client.host_network",
    "client.host_volume",
    "client.network_speed",
    "client.reservable_cores",
    "client.template",
    "consul",
    "enable_syslog",
    "log_include_location",
    "sentinel",
    "server.default_scheduler_config",
    "server.license_path",
    "server.non_voting_server",
    "server.plan_rejection_tracker",
    "server.raft_boltdb",
    "server.redundancy_zone",
    "server.search",
    "server.upgrade_version",
    "telemetry.datadog_address",
    "telemetry.statsd_address",
    "telemetry.statsite_address",
    "tls",
    "vault",
};

// Free-form data asks for nothing when all in it is off or empty.
bool asks(const json::value& value) {
  if (const auto* object = value.if_object()) {
    for (const auto& [name, item] : *object)
      if (asks(item)) return true;
    return false;
  }
  if (const auto* array = value.if_array()) return !array->empty();
  if (value.is_bool()) return value.get_bool();
  if (value.is_string()) return !value.get_string().empty() && value.get_string() != "false";
  return value.is_number() && value.to_number<double>() != 0;
}

const Field* field_by_key(const Type& type, std::string_view key) {
  for (const Field& field : type.fields) {
    std::string_view name = field.name;
    if (name.ends_with('_')) name.remove_suffix(1);
    if (name == key) return &field;
  }
  return nullptr;
}

class Finder {
 public:
  std::vector<std::string> found;

  void check(std::string_view path) {
    const Type* type = &core::describe::type_of<AgentConfig>();
    const void* at = &config_;
    const void* fallback = &defaults_;
    for (std::string_view rest = path; !rest.empty();) {
      const auto dot = rest.find('.');
      const Field* field = field_by_key(*type, rest.substr(0, dot));
      core::check(field != nullptr, "the table of absent features names keys there are");
      at = field->in(at);
      fallback = field->in(fallback);
      type = &field->type();
      rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    }
    compare(std::string(path), *type, at, fallback);
  }

  explicit Finder(const AgentConfig& config) : config_(config) {}

 private:
  void compare(const std::string& path, const Type& type, const void* at, const void* fallback) {
    if (core::describe::compare(type, at, fallback) == 0 || core::describe::is_zero(type, at)) return;
    if (type.kind == Kind::json && !asks(*static_cast<const json::value*>(at))) return;
    if (type.kind == Kind::structure) {
      for (const Field& field : type.fields)
        compare(path + "." + std::string(field.name), field.type(), field.in(at), field.in(fallback));
      return;
    }
    found.push_back(fmt::format("{} is not supported by this version", path));
  }

  const AgentConfig& config_;
  AgentConfig defaults_;
};

}  // namespace

std::vector<std::string> unsupported(const AgentConfig& config) {
  Finder finder(config);
  for (const std::string_view path : absent) finder.check(path);
  return finder.found;
}

}  // namespace agent::config
