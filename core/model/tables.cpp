#include "core/model/autopilot.hpp"
#include "core/model/deployment.hpp"
#include "core/model/node.hpp"
#include "core/model/plan.hpp"

// The tables of all other objects.
namespace core::describe {
template const Type& type_of<model::Node>();
template const Type& type_of<model::NodeResources>();
template const Type& type_of<std::map<std::string, model::DriverInfo>>();
template const Type& type_of<std::map<std::string, model::HostVolume>>();
template const Type& type_of<model::Allocation>();
template const Type& type_of<model::AutopilotConfig>();
template const Type& type_of<model::AllocMetric>();
template const Type& type_of<model::TaskState>();
template const Type& type_of<model::DesiredTransition>();
template const Type& type_of<model::Evaluation>();
template const Type& type_of<model::Deployment>();
template const Type& type_of<model::Plan>();
template const Type& type_of<model::PlanResult>();
}  // namespace core::describe
