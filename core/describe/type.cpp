#include "core/describe/type.hpp"

#include <algorithm>

namespace core::describe {
namespace {

struct Initialism {
  std::string_view word;
  std::string_view written;
};
// Go keeps initialisms in one case; these are the ones that Nomad's field names have.
constexpr std::array initialisms{
    Initialism{"acl", "ACL"},   Initialism{"cidr", "CIDR"}, Initialism{"cpu", "CPU"},     Initialism{"csi", "CSI"},
    Initialism{"dc", "DC"},     Initialism{"dns", "DNS"},   Initialism{"gc", "GC"},       Initialism{"hcl", "HCL"},
    Initialism{"http", "HTTP"}, Initialism{"id", "ID"},     Initialism{"ids", "IDs"},     Initialism{"iops", "IOPS"},
    Initialism{"ip", "IP"},     Initialism{"mb", "MB"},     Initialism{"mbits", "MBits"}, Initialism{"os", "OS"},
    Initialism{"rpc", "RPC"},   Initialism{"tg", "TG"},     Initialism{"tls", "TLS"},     Initialism{"ttl", "TTL"},
    Initialism{"url", "URL"},
};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

const Field* Type::field(std::string_view cpp_name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == cpp_name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string json_name(std::string_view cpp_name) {
  std::string out;
  while (!cpp_name.empty()) {
    const auto end = std::min(cpp_name.find('_'), cpp_name.size());
    const std::string_view word = cpp_name.substr(0, end);
    cpp_name.remove_prefix(std::min(end + 1, cpp_name.size()));
    if (word.empty()) continue;
    const auto known =
        std::find_if(initialisms.begin(), initialisms.end(), [&](const Initialism& i) { return i.word == word; });
    if (known != initialisms.end()) {
      out += known->written;
    } else {
      out += upper(word.front());
      out += word.substr(1);
    }
  }
  return out;
}

std::string snake_case(std::string_view type_name) {
  std::string out;
  for (const char c : type_name) {
    if (lower(c) != c && !out.empty()) out += '_';
    out += lower(c);
  }
  return out;
}

std::string hyphened(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

}  // namespace core::describe
