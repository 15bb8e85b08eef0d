#include "tests/support/wire_types.hpp"

#include "core/base/address.hpp"
#include "core/client/stored.hpp"
#include "core/model/allocation.hpp"
#include "core/model/autopilot.hpp"
#include "core/model/deployment.hpp"
#include "core/model/evaluation.hpp"
#include "core/model/job.hpp"
#include "core/model/node.hpp"
#include "core/model/plan.hpp"
#include "core/model/resources.hpp"
#include "core/model/service.hpp"
#include "core/state/command.hpp"
#include "core/state/record.hpp"
#include "core/wire/protobuf/recording.hpp"
#include "core/wire/rpc/messages.hpp"
#include "core/world/world.hpp"

namespace tests {
namespace {

template <class... T>
void add(std::vector<ValueType>& out) {
  (out.push_back(value_type<T>()), ...);
}

void add_time(std::vector<ValueType>& out) { add<core::base::Instant, core::base::Now>(out); }
void add_address(std::vector<ValueType>& out) { add<core::base::Address>(out); }
void add_model_resources(std::vector<ValueType>& out) {
  using namespace core::model;
  add<Constraint, Affinity, SpreadTarget, Spread, Port, DnsConfig, NetworkResource, RequestedDevice, Resources,
      AllocatedCpu, AllocatedMemory, AllocatedDevice, AllocatedTaskResources, AllocatedPort, AllocatedSharedResources,
      TaskLifecycle, AllocatedResources>(out);
}
void add_model_service(std::vector<ValueType>& out) {
  using namespace core::model;
  add<CheckRestart, ServiceCheck, Service>(out);
}
void add_model_job(std::vector<ValueType>& out) {
  using namespace core::model;
  add<RestartPolicy, ReschedulePolicy, MigrateStrategy, UpdateStrategy, EphemeralDisk, LogConfig, DispatchPayload,
      Artifact, ChangeScript, WaitConfig, Template, Vault, WorkloadIdentity, VolumeMountOptions, VolumeRequest,
      VolumeMount, ScalingPolicy, Task, GroupConsul, TaskGroup, MultiregionStrategy, MultiregionRegion, Multiregion,
      PeriodicConfig, ParameterizedJobConfig, Job, TaskGroupSummary, JobChildrenSummary, JobSummary>(out);
}
void add_model_allocation(std::vector<ValueType>& out) {
  using namespace core::model;
  add<TaskEvent, TaskState, DesiredTransition, RescheduleEvent, RescheduleTracker, AllocDeploymentStatus, NodeScore,
      AllocMetric, AllocStateChange, Allocation>(out);
}
void add_client(std::vector<ValueType>& out) {
  using namespace core::client;
  add<StoredTask, StoredTasks, StoredAlloc>(out);
}
void add_model_autopilot(std::vector<ValueType>& out) { add<core::model::AutopilotConfig>(out); }
void add_model_deployment(std::vector<ValueType>& out) {
  using namespace core::model;
  add<DeploymentState, Deployment>(out);
}
void add_model_evaluation(std::vector<ValueType>& out) {
  using namespace core::model;
  add<Evaluation>(out);
}
void add_model_node(std::vector<ValueType>& out) {
  using namespace core::model;
  add<NodeCpu, NodeMemory, NodeDisk, NodeNetworkAddress, NodeNetwork, NodeResources, NodeReservedCpu,
      NodeReservedNetworks, NodeReservedResources, DriverInfo, HostVolume, NodeEvent, DrainSpec, DrainStrategy, Node>(
      out);
}
void add_model_plan(std::vector<ValueType>& out) {
  using namespace core::model;
  add<DesiredUpdates, AllocStop, Plan, PlanResult>(out);
}
void add_state_command(std::vector<ValueType>& out) {
  using namespace core::state;
  add<ClientReport, RegisterNode, DeregisterNodes, UpdateNodeStatus, UpdateNodeEligibility, RegisterJob, DeregisterJob,
      UpdateEvals, DeleteEvals, ApplyPlanResult, UpdateAllocsFromClient, UpdateDesiredTransition, SetClusterMetadata,
      SetAutopilotConfig, RestoreSnapshot, LogEntry>(out);
}
void add_state_snapshot(std::vector<ValueType>& out) {
  using namespace core::state;
  add<SnapshotHead, NodeRecord, JobRecord, JobVersionRecord, JobSummaryRecord, EvalRecord, DeploymentRecord,
      EmbeddedJob, AllocRecord, AutopilotRecord, RestorePartRecord, SnapshotEntry>(out);
}
void add_world_disk(std::vector<ValueType>& out) {
  using namespace core::world;
  add<DiskBatchDone, FileContents, DirectoryRead>(out);
}
void add_world_host(std::vector<ValueType>& out) {
  using namespace core::world;
  add<NetworkInterface, DriverFound, HostFingerprinted, TaskKey, TaskHandle, AllocDirMade, TaskStarted, TaskStartFailed,
      TaskLost, TaskExited, AllocFileRead, AllocFile, AllocDirListed>(out);
}
void add_world_net(std::vector<ValueType>& out) {
  using namespace core::world;
  add<DatagramReceived, StreamAccepted, StreamConnected, StreamReceived, StreamClosed, NameResolved, ConnectionRefused>(
      out);
}
void add_world_process(std::vector<ValueType>& out) {
  using namespace core::world;
  add<Woken, ApiRequested, ApiCancelled, Signalled, Reloaded, Computed>(out);
}
void add_raft(std::vector<ValueType>& out) {
  using namespace core::raft;
  add<Entry, RequestPreVote, RequestPreVoteReply, RequestVote, RequestVoteReply, AppendEntries, AppendEntriesReply,
      Heartbeat, HeartbeatReply, TimeoutNow, InstallSnapshot, InstallSnapshotReply>(out);
}
void add_rpc(std::vector<ValueType>& out) {
  using namespace core::wire::rpc;
  add<Hello, NodeRegister, NodeHeartbeat, NodeHeard, NodeLeave, NodeAllocsWanted, NodeAllocs, AllocsWanted, Allocs,
      AllocsUpdate, Done, ApiForward, ApiReply, Cancel, RaftPeersWanted, RaftPeers, RaftCarried, Failure, Envelope>(
      out);
}
void add_recording(std::vector<ValueType>& out) {
  add<core::wire::RecordingHeader, core::wire::RecordedEvent, core::wire::Observed, core::wire::Checkpoint>(out);
}

}  // namespace

std::vector<ValueType> wire_types() {
  std::vector<ValueType> out;
  add_time(out);
  add_address(out);
  add_model_resources(out);
  add_model_service(out);
  add_model_job(out);
  add_model_allocation(out);
  add_client(out);
  add_model_autopilot(out);
  add_model_deployment(out);
  add_model_evaluation(out);
  add_model_node(out);
  add_model_plan(out);
  add_state_command(out);
  add_state_snapshot(out);
  add_world_disk(out);
  add_world_host(out);
  add_world_net(out);
  add_world_process(out);
  add_raft(out);
  add_rpc(out);
  add_recording(out);
  return out;
}

}  // namespace tests
