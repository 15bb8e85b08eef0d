#include "core/scheduler/feasibility.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace core::scheduler {
namespace {

constexpr std::string_view class_ineligible = "computed class ineligible";

/// Compiles those that look at properties; says whether one of them escapes the class.
bool compile(const std::vector<model::Constraint>& from, std::vector<CompiledConstraint>& into) {
  bool escaped = false;
  for (const model::Constraint& constraint : from) {
    if (looks_at_allocations(constraint)) continue;
    into.emplace_back(constraint.l_target, constraint.operand, constraint.r_target);
    escaped |= into.back().escapes_class();
  }
  return escaped;
}

std::string_view first_unmet(const std::vector<CompiledConstraint>& constraints, const model::Node& node) {
  for (const CompiledConstraint& constraint : constraints)
    if (!constraint.met_by(node)) return constraint.text();
  return {};
}

bool has_driver(const model::Node& node, const std::string& driver) {
  if (const auto at = node.drivers.find(driver); at != node.drivers.end())
    return at->second.detected && at->second.healthy;
  // Clients that send no driver table say it in an attribute.
  const auto attribute = node.attributes.find("driver." + driver);
  return attribute != node.attributes.end() && (attribute->second == "1" || attribute->second == "true");
}

std::string_view mode_of(const model::NetworkResource& network) {
  return network.mode.empty() ? std::string_view("host") : std::string_view(network.mode);
}

}  // namespace

JobRules::JobRules(const model::Job& job) { escaped_ = compile(job.constraints, constraints_); }

std::string_view JobRules::refuses(const model::Node& node) const { return first_unmet(constraints_, node); }

GroupRules::GroupRules(const model::TaskGroup& group) {
  escaped_ = compile(group.constraints, constraints_);
  for (const model::Task& task : group.tasks) {
    escaped_ |= compile(task.constraints, constraints_);
    drivers_.insert(task.driver);
  }
  if (group.networks.empty()) return;
  const model::NetworkResource& network = group.networks.front();
  network_mode_ = mode_of(network);
  for (const auto* ports : {&network.reserved_ports, &network.dynamic_ports}) {
    for (const model::Port& port : *ports) {
      if (port.host_network.empty() || port.host_network == "default") continue;
      host_networks_.emplace_back(
          port.host_network, fmt::format("missing host network \"{}\" for port \"{}\"", port.host_network, port.label));
    }
  }
}

bool GroupRules::lacks_network(const model::Node& node) const {
  if (network_mode_.empty() || network_mode_ == "none") return false;
  return std::ranges::none_of(node.node_resources.networks,
                              [&](const model::NetworkResource& network) { return mode_of(network) == network_mode_; });
}

std::string_view GroupRules::refuses(const model::Node& node) const {
  for (const std::string& driver : drivers_)
    if (!has_driver(node, driver)) return "missing drivers";
  return first_unmet(constraints_, node);
}

std::string_view GroupRules::misses(const model::Node& node) const {
  if (lacks_network(node)) return "missing network";
  for (const auto& [name, missing] : host_networks_) {
    const bool found = std::ranges::any_of(node.node_resources.node_networks, [&](const model::NodeNetwork& network) {
      return std::ranges::any_of(network.addresses, [&](const auto& address) { return address.alias == name; });
    });
    if (!found) return missing;
  }
  return {};
}

Feasibility::Feasibility(const Cluster& cluster, const model::Job& job)
    : cluster_(&cluster), job_(job), job_classes_(cluster.classes().size()) {
  groups_.reserve(job.task_groups.size());
}

Feasibility::Group& Feasibility::group_of(const model::TaskGroup& group) {
  for (Group& known : groups_)
    if (known.group == &group) return known;
  return groups_.emplace_back(&group, GroupRules(group), std::vector<ClassVerdict>(cluster_->classes().size()));
}

std::string_view Feasibility::refuses(const model::TaskGroup& group, SlotIndex slot) {
  // Class 0 is the lack of a class: its nodes have nothing in common.
  const std::uint32_t class_id = cluster_->class_of(slot);
  const auto ask = [&](const auto& rules, std::vector<ClassVerdict>& classes) -> std::string_view {
    const bool by_class = class_id != 0 && !rules.escaped();
    if (by_class && classes[class_id] == ClassVerdict::eligible) return {};
    if (by_class && classes[class_id] == ClassVerdict::ineligible) return class_ineligible;
    const std::string_view why = rules.refuses(cluster_->node(slot));
    if (by_class) classes[class_id] = why.empty() ? ClassVerdict::eligible : ClassVerdict::ineligible;
    return why;
  };
  if (const std::string_view why = ask(job_, job_classes_); !why.empty()) return why;
  Group& known = group_of(group);
  if (const std::string_view why = ask(known.rules, known.classes); !why.empty()) return why;
  return known.rules.misses(cluster_->node(slot));
}

std::map<std::string, bool> Feasibility::class_eligibility() const {
  std::map<std::string, bool> eligible;
  for (std::size_t id = 1; id < job_classes_.size(); ++id) {
    const std::string name(cluster_->classes()[id]);
    for (const Group& group : groups_) {
      if (group.classes[id] == ClassVerdict::eligible) eligible[name] = true;
      if (group.classes[id] == ClassVerdict::ineligible) eligible.emplace(name, false);  // another may fit there
    }
    if (job_classes_[id] == ClassVerdict::eligible) eligible.emplace(name, true);
    if (job_classes_[id] == ClassVerdict::ineligible) eligible[name] = false;
  }
  return eligible;
}

bool Feasibility::escaped() const {
  return job_.escaped() || std::ranges::any_of(groups_, [](const Group& group) { return group.rules.escaped(); });
}

}  // namespace core::scheduler
