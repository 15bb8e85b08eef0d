#include "core/wire/serf/keyring.hpp"

#include <algorithm>
#include <utility>

namespace core::wire::serf {

bool Keyring::holds(const std::string& key) const { return std::find(keys_.begin(), keys_.end(), key) != keys_.end(); }

std::expected<void, std::string> Keyring::add(std::string key) {
  if (!is_sound(key)) return std::unexpected("key size must be 16, 24 or 32 bytes");
  if (holds(key)) return {};
  if (keys_.size() >= max_keys) return std::unexpected("the keyring is full");
  keys_.push_back(std::move(key));
  return {};
}

std::expected<void, std::string> Keyring::use(const std::string& key) {
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  if (found == keys_.end()) return std::unexpected("Requested key is not in the keyring");
  std::rotate(keys_.begin(), found, found + 1);
  return {};
}

std::expected<void, std::string> Keyring::remove(const std::string& key) {
  if (!empty() && key == primary()) return std::unexpected("Removing the primary key is not allowed");
  std::erase(keys_, key);
  return {};
}

}  // namespace core::wire::serf
