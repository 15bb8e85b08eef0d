// A job and all that a job file says of it (jobspec.md, http-api.md §11).
//
// Words that a user writes (types, modes, hooks) stay text here, so that validation can name what it found.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/model/resources.hpp"
#include "core/model/service.hpp"

namespace core::model {

struct RestartPolicy {
  std::int32_t attempts = 0;
  Duration interval{};
  Duration delay{};
  std::string mode;  // fail, delay
  bool render_templates = false;
};
BOOST_DESCRIBE_STRUCT(RestartPolicy, (), (attempts, interval, delay, mode, render_templates))

struct ReschedulePolicy {
  std::int32_t attempts = 0;
  Duration interval{};
  Duration delay{};
  std::string delay_function;  // constant, exponential, fibonacci
  Duration max_delay{};
  bool unlimited = false;
};
BOOST_DESCRIBE_STRUCT(ReschedulePolicy, (), (attempts, interval, delay, delay_function, max_delay, unlimited))

struct MigrateStrategy {
  std::int32_t max_parallel = 1;
  std::string health_check;
  Duration min_healthy_time{};
  Duration healthy_deadline{};
};
BOOST_DESCRIBE_STRUCT(MigrateStrategy, (), (max_parallel, health_check, min_healthy_time, healthy_deadline))

struct UpdateStrategy {
  Duration stagger{};
  std::int32_t max_parallel = 0;
  std::string health_check;
  Duration min_healthy_time{};
  Duration healthy_deadline{};
  Duration progress_deadline{};
  bool auto_revert = false;
  bool auto_promote = false;
  std::int32_t canary = 0;
};
BOOST_DESCRIBE_STRUCT(UpdateStrategy, (),
                      (stagger, max_parallel, health_check, min_healthy_time, healthy_deadline, progress_deadline,
                       auto_revert, auto_promote, canary))

struct EphemeralDisk {
  bool sticky = false;
  std::int32_t size_mb = 300;
  bool migrate = false;
};
BOOST_DESCRIBE_STRUCT(EphemeralDisk, (), (sticky, size_mb, migrate))

struct LogConfig {
  std::int32_t max_files = 10;
  std::int32_t max_file_size_mb = 10;
  bool disabled = false;
};
BOOST_DESCRIBE_STRUCT(LogConfig, (), (max_files, max_file_size_mb, disabled))

struct DispatchPayload {
  std::string file;
};
BOOST_DESCRIBE_STRUCT(DispatchPayload, (), (file))

struct Artifact {
  std::string getter_source;
  std::map<std::string, std::string> getter_options;
  std::map<std::string, std::string> getter_headers;
  std::string getter_mode;
  std::string relative_dest;
};
BOOST_DESCRIBE_STRUCT(Artifact, (), (getter_source, getter_options, getter_headers, getter_mode, relative_dest))

struct ChangeScript {
  std::string command;
  std::vector<std::string> args;
  Duration timeout{};
  bool fail_on_error = false;
};
BOOST_DESCRIBE_STRUCT(ChangeScript, (), (command, args, timeout, fail_on_error))

struct WaitConfig {
  std::optional<Duration> min;
  std::optional<Duration> max;
};
BOOST_DESCRIBE_STRUCT(WaitConfig, (), (min, max))

struct Template {
  std::string source_path;
  std::string dest_path;
  std::string embedded_tmpl;
  std::string change_mode;
  std::optional<ChangeScript> change_script;
  std::string change_signal;
  Duration splay{};
  std::string perms;
  std::optional<std::int32_t> uid;
  std::optional<std::int32_t> gid;
  std::string left_delim;
  std::string right_delim;
  bool envvars = false;
  Duration vault_grace{};
  std::optional<WaitConfig> wait;
  bool err_missing_key = false;
};
BOOST_DESCRIBE_STRUCT(Template, (),
                      (source_path, dest_path, embedded_tmpl, change_mode, change_script, change_signal, splay, perms,
                       uid, gid, left_delim, right_delim, envvars, vault_grace, wait, err_missing_key))

struct Vault {
  std::vector<std::string> policies;
  std::string namespace_;
  bool env = true;
  bool disable_file = false;
  std::string change_mode;
  std::string change_signal;
};
BOOST_DESCRIBE_STRUCT(Vault, (), (policies, namespace_, env, disable_file, change_mode, change_signal))

struct WorkloadIdentity {
  bool env = false;
  bool file = false;
};
BOOST_DESCRIBE_STRUCT(WorkloadIdentity, (), (env, file))

struct VolumeMountOptions {
  std::string fs_type;
  std::vector<std::string> mount_flags;
};
BOOST_DESCRIBE_STRUCT(VolumeMountOptions, (), (fs_type, mount_flags))

struct VolumeRequest {
  std::string name;
  std::string type;
  std::string source;
  bool read_only = false;
  std::string access_mode;
  std::string attachment_mode;
  std::optional<VolumeMountOptions> mount_options;
  bool per_alloc = false;
};
BOOST_DESCRIBE_STRUCT(VolumeRequest, (),
                      (name, type, source, read_only, access_mode, attachment_mode, mount_options, per_alloc))

struct VolumeMount {
  std::string volume;
  std::string destination;
  bool read_only = false;
  std::string propagation_mode;
};
BOOST_DESCRIBE_STRUCT(VolumeMount, (), (volume, destination, read_only, propagation_mode))

struct ScalingPolicy {
  std::string id;
  std::string namespace_;
  std::string type;
  std::map<std::string, std::string> target;
  std::optional<std::int64_t> min;
  std::int64_t max = 0;
  boost::json::value policy;
  bool enabled = true;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};
BOOST_DESCRIBE_STRUCT(ScalingPolicy, (),
                      (id, namespace_, type, target, min, max, policy, enabled, create_index, modify_index))

struct Task {
  std::string name;
  std::string driver;
  std::string user;
  boost::json::value config;  // an object; the driver's own words
  std::map<std::string, std::string> env;
  std::vector<Service> services;
  std::optional<Vault> vault;
  std::vector<Template> templates;
  std::vector<Constraint> constraints;
  std::vector<Affinity> affinities;
  std::optional<Resources> resources;
  std::optional<RestartPolicy> restart_policy;
  std::optional<DispatchPayload> dispatch_payload;
  std::optional<TaskLifecycle> lifecycle;
  std::map<std::string, std::string> meta;
  std::optional<Duration> kill_timeout;
  std::optional<LogConfig> log_config;
  std::vector<Artifact> artifacts;
  bool leader = false;
  Duration shutdown_delay{};
  std::vector<VolumeMount> volume_mounts;
  std::vector<ScalingPolicy> scaling_policies;
  std::string kill_signal;
  std::string kind;
  std::optional<WorkloadIdentity> identity;
};
BOOST_DESCRIBE_STRUCT(Task, (),
                      (name, driver, user, config, env, services, vault, templates, constraints, affinities, resources,
                       restart_policy, dispatch_payload, lifecycle, meta, kill_timeout, log_config, artifacts, leader,
                       shutdown_delay, volume_mounts, scaling_policies, kill_signal, kind, identity))

struct GroupConsul {
  std::string namespace_;
};
BOOST_DESCRIBE_STRUCT(GroupConsul, (), (namespace_))

struct TaskGroup {
  std::string name;
  std::optional<std::int32_t> count;
  std::optional<UpdateStrategy> update;
  std::optional<MigrateStrategy> migrate;
  std::vector<Constraint> constraints;
  std::optional<ScalingPolicy> scaling;
  std::optional<RestartPolicy> restart_policy;
  std::vector<Task> tasks;
  std::optional<EphemeralDisk> ephemeral_disk;
  std::map<std::string, std::string> meta;
  std::optional<ReschedulePolicy> reschedule_policy;
  std::vector<Affinity> affinities;
  std::vector<Spread> spreads;
  std::vector<NetworkResource> networks;
  std::optional<GroupConsul> consul;
  std::vector<Service> services;
  std::map<std::string, VolumeRequest> volumes;
  std::optional<Duration> shutdown_delay;
  std::optional<Duration> stop_after_client_disconnect;
  std::optional<Duration> max_client_disconnect;

  const Task* find_task(std::string_view task_name) const;
};
BOOST_DESCRIBE_STRUCT(TaskGroup, (),
                      (name, count, update, migrate, constraints, scaling, restart_policy, tasks, ephemeral_disk, meta,
                       reschedule_policy, affinities, spreads, networks, consul, services, volumes, shutdown_delay,
                       stop_after_client_disconnect, max_client_disconnect))

struct MultiregionStrategy {
  std::int32_t max_parallel = 0;
  std::string on_failure;
};
BOOST_DESCRIBE_STRUCT(MultiregionStrategy, (), (max_parallel, on_failure))

struct MultiregionRegion {
  std::string name;
  std::int32_t count = 0;
  std::vector<std::string> datacenters;
  std::string node_pool;
  std::map<std::string, std::string> meta;
};
BOOST_DESCRIBE_STRUCT(MultiregionRegion, (), (name, count, datacenters, node_pool, meta))

struct Multiregion {
  std::optional<MultiregionStrategy> strategy;
  std::vector<MultiregionRegion> regions;
};
BOOST_DESCRIBE_STRUCT(Multiregion, (), (strategy, regions))

struct PeriodicConfig {
  bool enabled = true;
  std::string spec;
  std::vector<std::string> specs;
  std::string spec_type;
  bool prohibit_overlap = false;
  std::string time_zone;
};
BOOST_DESCRIBE_STRUCT(PeriodicConfig, (), (enabled, spec, specs, spec_type, prohibit_overlap, time_zone))

struct ParameterizedJobConfig {
  std::string payload;
  std::vector<std::string> meta_required;
  std::vector<std::string> meta_optional;
};
BOOST_DESCRIBE_STRUCT(ParameterizedJobConfig, (), (payload, meta_required, meta_optional))

enum class JobStatus { pending, running, dead };
BOOST_DESCRIBE_ENUM(JobStatus, pending, running, dead)

struct Job {
  std::string region;
  std::string namespace_;
  std::string id;
  std::string parent_id;
  std::string name;
  std::string type;  // service, batch, system, sysbatch
  std::int32_t priority = 0;
  bool all_at_once = false;
  std::vector<std::string> datacenters;
  std::string node_pool;
  std::vector<Constraint> constraints;
  std::vector<Affinity> affinities;
  std::vector<Spread> spreads;
  std::vector<TaskGroup> task_groups;
  std::optional<UpdateStrategy> update;
  std::optional<Multiregion> multiregion;
  std::optional<PeriodicConfig> periodic;
  std::optional<ParameterizedJobConfig> parameterized_job;
  bool dispatched = false;
  std::string dispatch_idempotency_token;
  Bytes payload;
  std::map<std::string, std::string> meta;
  std::string consul_token;
  std::string consul_namespace;
  std::string vault_token;
  std::string vault_namespace;
  std::string nomad_token_id;
  bool stop = false;
  JobStatus status = JobStatus::pending;
  std::string status_description;
  bool stable = false;
  std::uint64_t version = 0;
  std::int64_t submit_time = 0;  // Unix nanoseconds
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::uint64_t job_modify_index = 0;

  const TaskGroup* find_group(std::string_view group) const;
  bool is_periodic() const { return periodic.has_value(); }
  bool is_parameterized() const { return parameterized_job.has_value() && !dispatched; }
};
BOOST_DESCRIBE_STRUCT(Job, (),
                      (region, namespace_, id, parent_id, name, type, priority, all_at_once, datacenters, node_pool,
                       constraints, affinities, spreads, task_groups, update, multiregion, periodic, parameterized_job,
                       dispatched, dispatch_idempotency_token, payload, meta, consul_token, consul_namespace,
                       vault_token, vault_namespace, nomad_token_id, stop, status, status_description, stable, version,
                       submit_time, create_index, modify_index, job_modify_index))

struct TaskGroupSummary {
  std::int32_t queued = 0;
  std::int32_t complete = 0;
  std::int32_t failed = 0;
  std::int32_t running = 0;
  std::int32_t starting = 0;
  std::int32_t lost = 0;
  std::int32_t unknown = 0;
};
BOOST_DESCRIBE_STRUCT(TaskGroupSummary, (), (queued, complete, failed, running, starting, lost, unknown))

struct JobChildrenSummary {
  std::int64_t pending = 0;
  std::int64_t running = 0;
  std::int64_t dead = 0;
};
BOOST_DESCRIBE_STRUCT(JobChildrenSummary, (), (pending, running, dead))

struct JobSummary {
  std::string job_id;
  std::string namespace_;
  std::map<std::string, TaskGroupSummary> summary;
  std::optional<JobChildrenSummary> children;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};
BOOST_DESCRIBE_STRUCT(JobSummary, (), (job_id, namespace_, summary, children, create_index, modify_index))

}  // namespace core::model

namespace core::describe {
template <>
struct JsonRules<model::Task> {
  static constexpr std::array rules{JsonRule{"scaling_policies", "ScalingPolicies"}};
};
}  // namespace core::describe

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<model::Job>();
extern template const Type& type_of<model::TaskGroup>();
extern template const Type& type_of<model::Task>();
extern template const Type& type_of<model::JobSummary>();
extern template const Type& type_of<model::UpdateStrategy>();
extern template const Type& type_of<model::RestartPolicy>();
extern template const Type& type_of<model::ReschedulePolicy>();
}  // namespace core::describe
