#include "core/model/job.hpp"

// The tables of jobs and what they are made of.
namespace core::describe {
template const Type& type_of<model::Resources>();
template const Type& type_of<model::AllocatedResources>();
template const Type& type_of<model::NetworkResource>();
template const Type& type_of<model::Service>();
template const Type& type_of<model::Job>();
template const Type& type_of<model::TaskGroup>();
template const Type& type_of<model::Task>();
template const Type& type_of<model::JobSummary>();
template const Type& type_of<model::UpdateStrategy>();
template const Type& type_of<model::RestartPolicy>();
template const Type& type_of<model::ReschedulePolicy>();
}  // namespace core::describe
