#include "core/jobspec/forms.hpp"

#include <array>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace core::jobspec {
namespace {

namespace json = boost::json;

// Sorted by type. An empty key: the server's own field, or one of the forms below writes it.
constexpr KeyRule key_rules[] = {
    {"Artifact", "getter_source", "source", {}},
    {"Artifact", "getter_options", "options", {}},
    {"Artifact", "getter_headers", "headers", {}},
    {"Artifact", "getter_mode", "mode", {}},
    {"Artifact", "relative_dest", "destination", {}},
    {"EphemeralDisk", "size_mb", "size", {}},
    {"GroupInherited", "vault", "vault", {}},
    {"Job", "parent_id", "", {}},
    {"Job", "constraints", "constraint", {}},
    {"Job", "affinities", "affinity", {}},
    {"Job", "spreads", "spread", {}},
    {"Job", "task_groups", "group", "name"},
    {"Job", "parameterized_job", "parameterized", {}},
    {"Job", "dispatched", "", {}},
    {"Job", "dispatch_idempotency_token", "", {}},
    {"Job", "payload", "", {}},
    {"Job", "consul_namespace", "", {}},
    {"Job", "vault_namespace", "", {}},
    {"Job", "nomad_token_id", "", {}},
    {"Job", "stop", "", {}},
    {"Job", "status", "", {}},
    {"Job", "status_description", "", {}},
    {"Job", "stable", "", {}},
    {"Job", "version", "", {}},
    {"Job", "submit_time", "", {}},
    {"Job", "create_index", "", {}},
    {"Job", "modify_index", "", {}},
    {"Job", "job_modify_index", "", {}},
    {"JobInherited", "tasks", "task", "name"},
    {"LogConfig", "max_file_size_mb", "max_file_size", {}},
    {"Multiregion", "regions", "region", "name"},
    {"PeriodicConfig", "spec", "cron", {}},
    {"PeriodicConfig", "specs", "crons", {}},
    {"PeriodicConfig", "spec_type", "", {}},
    {"RequestedDevice", "name", "", {}},
    {"RequestedDevice", "constraints", "constraint", {}},
    {"RequestedDevice", "affinities", "affinity", {}},
    {"Resources", "memory_mb", "memory", {}},
    {"Resources", "memory_max_mb", "memory_max", {}},
    {"Resources", "disk_mb", "disk", {}},
    {"Resources", "networks", "network", {}},
    {"Resources", "devices", "device", "name"},
    {"ScalingPolicy", "id", "", {}},
    {"ScalingPolicy", "namespace_", "", {}},
    {"ScalingPolicy", "type", "", {}},
    {"ScalingPolicy", "target", "", {}},
    {"ScalingPolicy", "create_index", "", {}},
    {"ScalingPolicy", "modify_index", "", {}},
    {"Service", "port_label", "port", {}},
    {"Service", "checks", "check", {}},
    {"Service", "task_name", "task", {}},
    {"ServiceCheck", "port_label", "port", {}},
    {"ServiceCheck", "task_name", "task", {}},
    {"Spread", "spread_target", "target", "value"},
    {"SpreadTarget", "value", "", {}},
    {"Task", "name", "", {}},
    {"Task", "services", "service", {}},
    {"Task", "templates", "template", {}},
    {"Task", "constraints", "constraint", {}},
    {"Task", "affinities", "affinity", {}},
    {"Task", "restart_policy", "restart", {}},
    {"Task", "log_config", "logs", {}},
    {"Task", "artifacts", "artifact", {}},
    {"Task", "volume_mounts", "volume_mount", {}},
    {"Task", "scaling_policies", "scaling", "type"},
    {"TaskGroup", "name", "", {}},
    {"TaskGroup", "constraints", "constraint", {}},
    {"TaskGroup", "restart_policy", "restart", {}},
    {"TaskGroup", "tasks", "task", "name"},
    {"TaskGroup", "reschedule_policy", "reschedule", {}},
    {"TaskGroup", "affinities", "affinity", {}},
    {"TaskGroup", "spreads", "spread", {}},
    {"TaskGroup", "networks", "network", {}},
    {"TaskGroup", "services", "service", {}},
    {"TaskGroup", "volumes", "volume", {}},
    {"Template", "source_path", "source", {}},
    {"Template", "dest_path", "destination", {}},
    {"Template", "embedded_tmpl", "data", {}},
    {"Template", "left_delim", "left_delimiter", {}},
    {"Template", "right_delim", "right_delimiter", {}},
    {"Template", "envvars", "env", {}},
    {"Template", "err_missing_key", "error_on_missing_key", {}},
    {"VolumeRequest", "name", "", {}},
    {"MultiregionRegion", "name", "", {}},
};

// A constraint with its shorthands, each an operator by the name of its key.
struct ConstraintKeys {
  std::string attribute;
  std::string operator_;
  std::string value;
  std::string version;
  std::string semver;
  std::string regexp;
  std::string set_contains;
  std::string set_contains_all;
  std::string set_contains_any;
  std::string distinct_property;
  bool distinct_hosts = false;
};
BOOST_DESCRIBE_STRUCT(ConstraintKeys, (),
                      (attribute, operator_, value, version, semver, regexp, set_contains, set_contains_all,
                       set_contains_any, distinct_property, distinct_hosts))

struct AffinityKeys {
  std::string attribute;
  std::string operator_;
  std::string value;
  std::string version;
  std::string semver;
  std::string regexp;
  std::string set_contains;
  std::string set_contains_all;
  std::string set_contains_any;
  std::int32_t weight = 0;
};
BOOST_DESCRIBE_STRUCT(AffinityKeys, (),
                      (attribute, operator_, value, version, semver, regexp, set_contains, set_contains_all,
                       set_contains_any, weight))

json::object with_shorthands(const json::object& keys) {
  const auto move = [&](json::object& out, const char* from, const char* to) {
    if (const auto* value = keys.if_contains(from)) out[to] = *value;
  };
  json::object out;
  move(out, "Attribute", "LTarget");
  move(out, "Operator", "Operand");
  move(out, "Value", "RTarget");
  move(out, "Weight", "Weight");
  constexpr std::pair<const char*, const char*> shorthands[] = {
      {"Version", "version"},
      {"Semver", "semver"},
      {"Regexp", "regexp"},
      {"SetContains", "set_contains"},
      {"SetContainsAll", "set_contains_all"},
      {"SetContainsAny", "set_contains_any"},
  };
  for (const auto& [key, operand] : shorthands) {
    if (!keys.contains(key)) continue;
    out["Operand"] = operand;
    move(out, key, "RTarget");
  }
  if (keys.contains("DistinctProperty")) {
    out["Operand"] = "distinct_property";
    move(out, "DistinctProperty", "LTarget");
  }
  if (keys.contains("DistinctHosts")) {
    out["Operand"] = "distinct_hosts";
    out["RTarget"] = "true";
  }
  if (!out.contains("Operand")) out["Operand"] = "=";
  return out;
}

json::object read_constraint(BodyReader& reader, const hcl::Body& body, const Context& context) {
  const json::object keys = reader.read_as<ConstraintKeys>(body, context);
  if (const auto* hosts = keys.if_contains("DistinctHosts"); hosts && hosts->is_bool() && !hosts->get_bool())
    report_error(reader.diagnostics(), body.find("distinct_hosts")->value->range, "Invalid constraint",
                 "distinct_hosts should be set to true or omitted.");
  return with_shorthands(keys);
}

json::object read_affinity(BodyReader& reader, const hcl::Body& body, const Context& context) {
  return with_shorthands(reader.read_as<AffinityKeys>(body, context));
}

struct PortKeys {
  std::string label;
  std::optional<std::int32_t> static_;
  std::int32_t to = 0;
  std::string host_network;
};
BOOST_DESCRIBE_STRUCT(PortKeys, (), (label, static_, to, host_network))

struct NetworkKeys {
  std::string mode;
  std::string hostname;
  std::int32_t mbits = 0;
  std::optional<model::DnsConfig> dns;
  std::vector<PortKeys> port;
};
BOOST_DESCRIBE_STRUCT(NetworkKeys, (), (mode, hostname, mbits, dns, port))

// A port with a static number is reserved, any other dynamic.
json::object read_network(BodyReader& reader, const hcl::Body& body, const Context& context) {
  json::object out = reader.read_as<NetworkKeys>(body, context);
  const auto* ports = out.if_contains("Port");
  if (!ports) return out;
  json::array reserved;
  json::array dynamic;
  for (const json::value& written : ports->as_array()) {
    json::object port = written.as_object();
    const auto* number = port.if_contains("Static");
    const bool is_static = number && number->is_int64() && number->get_int64() != 0;
    if (is_static) port["Value"] = *number;
    port.erase("Static");
    (is_static ? reserved : dynamic).push_back(std::move(port));
  }
  out.erase("Port");
  if (!reserved.empty()) out["ReservedPorts"] = std::move(reserved);
  if (!dynamic.empty()) out["DynamicPorts"] = std::move(dynamic);
  return out;
}

constexpr KeyRule port_rules[] = {
    {"NetworkKeys", "port", "port", "label"},
    {"PortKeys", "label", "", {}},
};

constexpr SpecialForm forms[] = {
    {"Constraint", &read_constraint},
    {"Affinity", &read_affinity},
    {"NetworkResource", &read_network},
};

constexpr auto all_rules = [] {
  std::array<KeyRule, std::size(key_rules) + std::size(port_rules)> all{};
  std::size_t at = 0;
  for (const KeyRule& rule : key_rules) all[at++] = rule;
  for (const KeyRule& rule : port_rules) all[at++] = rule;
  return all;
}();

}  // namespace

std::span<const KeyRule> job_key_rules() { return all_rules; }
std::span<const SpecialForm> job_forms() { return forms; }

}  // namespace core::jobspec
