#include "io-real/net/go_error.hpp"

#include <cctype>

namespace io_real::net {

std::string go_error(int error) {
  auto text = std::generic_category().message(error);
  // glibc and Go differ in the first letter's case only; names in capitals ("RFS specific error") keep theirs.
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])))
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string listen_error(std::string_view network, const core::Address& address, std::string_view call, int error) {
  return "listen " + std::string(network) + " " + address.text() + ": " + std::string(call) + ": " + go_error(error);
}

}  // namespace io_real::net
