// The job file that `nomad job init` writes.
#pragma once

#include <string_view>

namespace core::jobspec {

/// A job file to start from: explained line by line, or with `brief` the bare file.
std::string_view example_job(bool brief);

}  // namespace core::jobspec
