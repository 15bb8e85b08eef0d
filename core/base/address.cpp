#include "core/base/address.hpp"

#include <array>
#include <charconv>
#include <vector>

namespace core::base {
namespace {

constexpr std::size_t ipv4_length = 4;
constexpr std::size_t ipv6_length = 16;
constexpr std::string_view mapped_prefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

template <class Number>
std::optional<Number> whole_number(std::string_view text, int base) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<std::string> parse_ipv4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != ipv4_length) return std::nullopt;
  std::string bytes;
  for (const auto part : parts) {
    const auto number = whole_number<std::uint8_t>(part, 10);
    if (!number || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    bytes += static_cast<char>(*number);
  }
  return bytes;
}

// One side of "::", as bytes; the last group may be a dotted IPv4 address.
std::optional<std::string> parse_groups(std::string_view text) {
  std::string bytes;
  if (text.empty()) return bytes;
  const auto groups = split(text, ':');
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i + 1 == groups.size() && groups[i].find('.') != std::string_view::npos) {
      const auto tail = parse_ipv4(groups[i]);
      if (!tail) return std::nullopt;
      bytes += *tail;
      continue;
    }
    const auto group = whole_number<std::uint16_t>(groups[i], 16);
    if (!group || groups[i].size() > 4) return std::nullopt;
    bytes += static_cast<char>(*group >> 8);
    bytes += static_cast<char>(*group & 0xff);
  }
  return bytes;
}

std::optional<std::string> parse_ipv6(std::string_view text) {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto bytes = parse_groups(text);
    return bytes && bytes->size() == ipv6_length ? bytes : std::nullopt;
  }
  const auto head = parse_groups(text.substr(0, gap));
  const auto tail = parse_groups(text.substr(gap + 2));
  if (!head || !tail || head->size() + tail->size() > ipv6_length - 2) return std::nullopt;
  return *head + std::string(ipv6_length - head->size() - tail->size(), '\0') + *tail;
}

}  // namespace

std::optional<Address> Address::from_bytes(std::string_view ip, std::uint16_t port) {
  if (ip.size() == ipv6_length && ip.starts_with(mapped_prefix)) ip.remove_prefix(mapped_prefix.size());
  if (ip.size() != ipv4_length && ip.size() != ipv6_length) return std::nullopt;
  return Address{std::string(ip), port};
}

std::optional<Address> Address::parse(std::string_view text, std::optional<std::uint16_t> default_port) {
  std::string_view host = text;
  std::optional<std::uint16_t> port = default_port;
  std::string_view port_text;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return std::nullopt;
    if (!rest.empty()) port_text = rest.substr(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port_text = text.substr(colon + 1);
    if (port_text.empty()) return std::nullopt;
  }
  if (!port_text.empty()) port = whole_number<std::uint16_t>(port_text, 10);
  if (!port) return std::nullopt;
  const auto bytes = host.find(':') == std::string_view::npos ? parse_ipv4(host) : parse_ipv6(host);
  return bytes ? from_bytes(*bytes, *port) : std::nullopt;
}

bool Address::is_loopback() const {
  if (ip.size() == ipv4_length) return ip[0] == 127;
  return ip.size() == ipv6_length && ip == std::string(ipv6_length - 1, '\0') + '\1';
}

bool Address::is_unspecified() const { return !ip.empty() && ip.find_first_not_of('\0') == std::string::npos; }

std::string Address::ip_text() const {
  if (ip.size() == ipv4_length) {
    std::string out;
    for (const char byte : ip) {
      if (!out.empty()) out += '.';
      out += std::to_string(static_cast<unsigned char>(byte));
    }
    return out;
  }
  if (ip.size() != ipv6_length) return "";
  // The longest run of two or more zero groups becomes "::", the first one of equals (RFC 5952 §4.2).
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i)
    groups[i] = static_cast<unsigned char>(ip[2 * i]) << 8 | static_cast<unsigned char>(ip[2 * i + 1]);
  std::size_t best = groups.size();
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::size_t length = 0;
    while (i + length < groups.size() && groups[i + length] == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < groups.size();) {
    if (i == best) {
      out += "::";
      i += best_length;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    std::array<char, 8> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
    out.append(digits.data(), end);
    ++i;
  }
  return out;
}

std::string Address::text() const {
  if (!is_set()) return "";
  return (ip.size() == ipv6_length ? "[" + ip_text() + "]" : ip_text()) + ":" + std::to_string(port);
}

}  // namespace core::base
