// Looking into an allocation's folders for the file API: never outside of them, never at secrets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/world/host.hpp"

namespace io_real::host {

inline constexpr std::uint64_t max_read_bytes = 4 * 1024 * 1024;  // of one ReadAllocFile
inline constexpr std::size_t max_listed_files = 20'000;           // of one ListAllocDir

core::world::AllocFileRead read_alloc_file(const std::filesystem::path& alloc_dir,
                                           const core::world::ReadAllocFile& read);
/// The entries in the order of their names; `file_mode` as Go writes it ("drwxrwxrwx", "dtrwxrwxrwx").
core::world::AllocDirListed list_alloc_dir(const std::filesystem::path& alloc_dir,
                                           const core::world::ListAllocDir& list);

}  // namespace io_real::host
