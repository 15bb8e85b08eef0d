// Digests, and UUIDs made of them.
#include <openssl/evp.h>

#include <array>

#include "core/base/check.hpp"
#include "core/hcl/function.hpp"

namespace core::hcl {
namespace {

std::string digest(const EVP_MD* algorithm, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned int length = 0;
  check(EVP_Digest(text.data(), text.size(), bytes.data(), &length, algorithm, nullptr) == 1, "OpenSSL has the digest");
  return {reinterpret_cast<const char*>(bytes.data()), length};
}

std::string hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

template <const EVP_MD* (*algorithm)()>
CallResult hash(Arguments arguments, Budget& budget) {
  if (!budget.spend(arguments[0].as_string().size() * 4)) return too_much();
  return Value(hex(digest(algorithm(), arguments[0].as_string())));
}

std::optional<std::string> uuid_bytes(std::string_view text) {
  std::string out;
  int half = -1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    if (dash != (c == '-')) return std::nullopt;
    if (dash) continue;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    if (half < 0) {
      half = digit;
    } else {
      out += static_cast<char>(half * 16 + digit);
      half = -1;
    }
  }
  if (text.size() != 36) return std::nullopt;
  return out;
}

// The name spaces RFC 4122 gives names to (appendix C), else a UUID.
std::optional<std::string> name_space(std::string_view name) {
  if (name == "dns") name = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  if (name == "url") name = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";
  if (name == "oid") name = "6ba7b812-9dad-11d1-80b4-00c04fd430c8";
  if (name == "x500") name = "6ba7b814-9dad-11d1-80b4-00c04fd430c8";
  return uuid_bytes(name);
}

CallResult uuid_v5(Arguments arguments, Budget&) {
  const auto space = name_space(arguments[0].as_string());
  if (!space) return call_error("uuidv5() doesn't support this namespace: it must be dns, url, oid, x500 or a UUID", 0);
  std::string bytes = digest(EVP_sha1(), *space + arguments[1].as_string()).substr(0, 16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x50);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string out = hex(bytes);
  for (const std::size_t dash : {8u, 13u, 18u, 23u}) out.insert(dash, 1, '-');
  return Value(std::move(out));
}

}  // namespace

void add_hash_functions(Functions& out) {
  const Parameter text{"str", ParameterKind::string};
  out["md5"] = {{text}, {}, hash<EVP_md5>};
  out["sha1"] = {{text}, {}, hash<EVP_sha1>};
  out["sha256"] = {{text}, {}, hash<EVP_sha256>};
  out["sha512"] = {{text}, {}, hash<EVP_sha512>};
  out["uuidv5"] = {{{"namespace", ParameterKind::string}, {"name", ParameterKind::string}}, {}, uuid_v5};
}

}  // namespace core::hcl
