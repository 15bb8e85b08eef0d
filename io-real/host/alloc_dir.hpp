// The folders of an allocation (client-internals.md §8): made, and removed with all that is in them.
#pragma once

#include <filesystem>
#include <string>

#include "core/world/host.hpp"

namespace io_real::host {

/// Makes what of the allocation's folders is not there yet. "" or the error, which names the folder.
std::string make_alloc_dir(const std::filesystem::path& alloc_dir, const core::world::MakeAllocDir& make);

/// Removes the allocation's folders and its tasks' records. Links are removed, not followed.
void remove_alloc_dir(const std::filesystem::path& alloc_dir, const std::filesystem::path& state_dir,
                      const std::string& alloc_id);

}  // namespace io_real::host
