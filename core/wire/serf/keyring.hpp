// The keys by which a pool's packets are sealed (reference/gossip-wire.md, section 10).
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace core::wire::serf {

/// Keys one pool may have at a time. A rotation needs two.
inline constexpr std::size_t max_keys = 64;

/// In order, the primary first: it seals, all of them open. Refusals are in memberlist's words, which operators see.
class Keyring {
 public:
  static bool is_sound(const std::string& key) { return key.size() == 16 || key.size() == 24 || key.size() == 32; }

  bool empty() const { return keys_.empty(); }
  const std::string& primary() const { return keys_.front(); }
  const std::vector<std::string>& keys() const { return keys_; }
  bool holds(const std::string& key) const;

  /// Behind the others; nothing changes if it is there already.
  std::expected<void, std::string> add(std::string key);
  /// Makes a key that is there the primary.
  std::expected<void, std::string> use(const std::string& key);
  /// Forgets a key, which may not be the primary.
  std::expected<void, std::string> remove(const std::string& key);

  friend bool operator==(const Keyring&, const Keyring&) = default;

 private:
  std::vector<std::string> keys_;
};

}  // namespace core::wire::serf
