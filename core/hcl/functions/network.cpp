// Functions of IP networks: addresses are 128-bit numbers with a family.
#include <fmt/core.h>

#include <array>
#include <charconv>

#include "core/hcl/function.hpp"

namespace core::hcl {
namespace {

__extension__ using Bits = unsigned __int128;

struct Network {
  Bits address = 0;  // an IPv4 address in the low 32 bits
  int family_bits = 32;
  int prefix = 0;

  /// The bits from `from` on cleared.
  Bits network() const { return prefix == 0 ? 0 : address >> (family_bits - prefix) << (family_bits - prefix); }
};

std::optional<std::uint32_t> read_number(std::string_view text, int base, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || done.ec != std::errc{} || done.ptr != text.data() + text.size() || number > most)
    return std::nullopt;
  return number;
}

std::optional<Bits> read_v4(std::string_view text) {
  Bits out = 0;
  for (int part = 0; part < 4; ++part) {
    const auto end = part == 3 ? text.size() : std::min(text.size(), text.find('.'));
    const auto number = read_number(text.substr(0, end), 10, 255);
    if (!number || (end > 1 && text[0] == '0')) return std::nullopt;
    out = out << 8 | *number;
    text.remove_prefix(std::min(text.size(), end + 1));
    if (part < 3 && text.empty()) return std::nullopt;
  }
  return out;
}

// Groups of one side of `::`, most significant first; nothing when malformed.
std::optional<std::vector<std::uint32_t>> read_groups(std::string_view text) {
  std::vector<std::uint32_t> out;
  while (!text.empty()) {
    const auto end = std::min(text.size(), text.find(':'));
    const auto group = text.substr(0, end);
    if (end == text.size() && group.contains('.')) {
      const auto v4 = read_v4(group);
      if (!v4) return std::nullopt;
      out.push_back(static_cast<std::uint32_t>(*v4 >> 16));
      out.push_back(static_cast<std::uint32_t>(*v4 & 0xffff));
      return out;
    }
    const auto number = read_number(group, 16, 0xffff);
    if (!number || group.size() > 4 || out.size() == 8 || end + 1 == text.size()) return std::nullopt;
    out.push_back(*number);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return out;
}

std::optional<Bits> read_v6(std::string_view text) {
  const auto gap = text.find("::");
  const auto high = read_groups(text.substr(0, gap));
  const auto low = gap == std::string_view::npos ? std::vector<std::uint32_t>{} : read_groups(text.substr(gap + 2));
  if (!high || !low) return std::nullopt;
  const auto count = high->size() + low->size();
  if (gap == std::string_view::npos ? count != 8 : count > 7) return std::nullopt;
  Bits out = 0;
  for (const auto group : *high) out = out << 16 | group;
  if (gap != std::string_view::npos)
    for (auto zeros = 8 - count; zeros > 0; --zeros) out <<= 16;
  for (const auto group : *low) out = out << 16 | group;
  return out;
}

std::string write_v4(Bits address) {
  const auto byte = [&](int shift) { return static_cast<unsigned>(address >> shift) & 255; };
  return fmt::format("{}.{}.{}.{}", byte(24), byte(16), byte(8), byte(0));
}

// RFC 5952: the longest run of two zero groups or more is left out.
std::string write_v6(Bits address) {
  std::array<unsigned, 8> groups;
  for (int i = 0; i < 8; ++i)
    groups[static_cast<std::size_t>(i)] = static_cast<unsigned>(address >> (112 - 16 * i)) & 0xffff;
  std::size_t run_start = 8;
  std::size_t run = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > run) {
      run = end - i;
      run_start = i;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == run_start) {
      out += "::";
      i += run - 1;
      continue;
    }
    if (!out.empty() && !out.ends_with(':')) out += ':';
    out += fmt::format("{:x}", groups[i]);
  }
  return out;
}

std::string write(Bits address, int family_bits) { return family_bits == 32 ? write_v4(address) : write_v6(address); }

std::optional<Network> read_network(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::string_view address = std::string_view(text).substr(0, slash);
  const bool v6 = address.contains(':');
  const auto bits = v6 ? read_v6(address) : read_v4(address);
  const auto prefix = read_number(std::string_view(text).substr(slash + 1), 10, v6 ? 128 : 32);
  if (!bits || !prefix) return std::nullopt;
  return Network{*bits, v6 ? 128 : 32, static_cast<int>(*prefix)};
}

std::unexpected<CallError> no_network() { return call_error("invalid CIDR expression", 0); }

CallResult host(Arguments arguments, Budget&) {
  const auto network = read_network(arguments[0].as_string());
  if (!network) return no_network();
  const auto number = arguments[1].as_int();
  if (!number) return call_error("a whole number is required", 1);
  const int host_bits = network->family_bits - network->prefix;
  const Bits hosts = host_bits >= 64 ? ~Bits{0} : Bits{1} << host_bits;
  const Bits magnitude =
      *number < 0 ? Bits{0} - static_cast<Bits>(static_cast<__int128_t>(*number)) : static_cast<Bits>(*number);
  if (*number < 0 ? magnitude > hosts : magnitude >= hosts)
    return call_error(fmt::format("prefix of {} does not accommodate a host numbered {}", network->prefix, *number), 1);
  // A negative number counts from the end; over 128 bits it wraps round as it should.
  const Bits span = host_bits == 128 ? 0 : Bits{1} << host_bits;
  const Bits offset = *number < 0 ? span - magnitude : magnitude;
  return Value(write(network->network() | offset, network->family_bits));
}

CallResult netmask(Arguments arguments, Budget&) {
  const auto network = read_network(arguments[0].as_string());
  if (!network) return no_network();
  if (network->family_bits != 32) return call_error("only IPv4 networks have a netmask", 0);
  return Value(write_v4(Network{0xffffffff, 32, network->prefix}.network()));
}

CallResult subnet(Arguments arguments, Budget&) {
  const auto network = read_network(arguments[0].as_string());
  if (!network) return no_network();
  const auto added = arguments[1].as_int();
  const auto number = arguments[2].as_int();
  if (!added || *added < 0 || *added > network->family_bits - network->prefix)
    return call_error(fmt::format("insufficient address space to extend prefix of {}", network->prefix), 1);
  const int prefix = network->prefix + static_cast<int>(*added);
  if (!number || *number < 0 || (*added < 63 && *number >= std::int64_t{1} << *added))
    return call_error(fmt::format("prefix extension of {} does not accommodate this subnet number", *added), 2);
  const int shift = network->family_bits - prefix;
  const Bits offset = shift >= 128 ? 0 : static_cast<Bits>(*number) << shift;
  return Value(fmt::format("{}/{}", write(network->network() | offset, network->family_bits), prefix));
}

// Consecutive subnets of the given sizes, each at the next place it fits.
CallResult subnets(Arguments arguments, Budget&) {
  const auto network = read_network(arguments[0].as_string());
  if (!network) return no_network();
  Value::List out;
  Bits next = 0;  // offset of the first free address
  bool full = false;
  const int host_bits = network->family_bits - network->prefix;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto added = arguments[i].as_int();
    if (!added || *added < 1 || *added > host_bits)
      return call_error("must extend the prefix by at least one bit, and not past its end", i);
    const int shift = host_bits - static_cast<int>(*added);
    const Bits size = Bits{1} << shift;
    const Bits start = (next + size - 1) / size * size;
    if (full || (host_bits < 128 && start >= Bits{1} << host_bits) || start < next)
      return call_error("not enough remaining address space for a subnet with this prefix", i);
    out.emplace_back(
        fmt::format("{}/{}", write(network->network() | start, network->family_bits), network->prefix + *added));
    next = start + size;
    full = next == 0;
  }
  return Value(std::move(out));
}

}  // namespace

void add_network_functions(Functions& out) {
  const Parameter prefix{"prefix", ParameterKind::string};
  const Parameter bits{"newbits", ParameterKind::number};
  out["cidrhost"] = {{prefix, {"hostnum", ParameterKind::number}}, {}, host};
  out["cidrnetmask"] = {{prefix}, {}, netmask};
  out["cidrsubnet"] = {{prefix, bits, {"netnum", ParameterKind::number}}, {}, subnet};
  out["cidrsubnets"] = {{prefix}, bits, subnets};
}

}  // namespace core::hcl
