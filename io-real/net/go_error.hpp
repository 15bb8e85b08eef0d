// Errors as Go's net package words them: operators and scripts know Nomad's messages.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

#include "core/base/address.hpp"

namespace io_real::net {

/// "connection refused": the system's text, as Go writes it.
std::string go_error(int error);

/// "listen tcp 127.0.0.1:4647: bind: address already in use".
std::string listen_error(std::string_view network, const core::Address& address, std::string_view call, int error);

}  // namespace io_real::net
