#include "core/wire/serf/seal.hpp"

#include <memory>

#include <openssl/evp.h>

#include "core/base/check.hpp"
#include "core/wire/serf/security.hpp"

namespace core::wire::serf {
namespace {

constexpr std::size_t block_bytes = 16;
constexpr std::size_t header_bytes = 1 + nonce_bytes;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* data(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* data(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

const EVP_CIPHER* cipher_of(std::size_t key_bytes) {
  return key_bytes == 16 ? EVP_aes_128_gcm() : key_bytes == 24 ? EVP_aes_192_gcm() : EVP_aes_256_gcm();
}

std::optional<std::string> open_with(const std::string& key, std::string_view sealed, std::string_view associated) {
  const std::string_view nonce = sealed.substr(1, nonce_bytes);
  const std::string_view text = sealed.substr(header_bytes, sealed.size() - header_bytes - seal_tag_bytes);
  std::string tag(sealed.substr(sealed.size() - seal_tag_bytes));
  std::string plain(text.size(), '\0');
  const Context context(EVP_CIPHER_CTX_new());
  int done = 0;
  const bool opened =
      EVP_DecryptInit_ex(context.get(), cipher_of(key.size()), nullptr, data(std::string_view(key)), data(nonce)) ==
          1 &&
      (associated.empty() ||
       EVP_DecryptUpdate(context.get(), nullptr, &done, data(associated), static_cast<int>(associated.size())) == 1) &&
      EVP_DecryptUpdate(context.get(), data(plain), &done, data(text), static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, seal_tag_bytes, data(tag)) == 1 &&
      EVP_DecryptFinal_ex(context.get(), data(plain) + plain.size(), &done) == 1;
  return opened ? std::optional(std::move(plain)) : std::nullopt;
}

}  // namespace

std::size_t Security::datagram_overhead() const {
  return (seals() ? seal_overhead : 0) + (label.empty() ? 0 : label.size() + 2);
}

std::string seal(SealVersion version, const std::string& key, const Nonce& nonce, std::string_view plain,
                 std::string_view associated) {
  base::check(Keyring::is_sound(key), "a key has 16, 24 or 32 bytes");
  std::string text(plain);
  if (version == SealVersion::padded) {
    const std::size_t padding = block_bytes - text.size() % block_bytes;
    text.append(padding, static_cast<char>(padding));
  }
  std::string sealed(1, static_cast<char>(version));
  sealed.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  sealed.resize(header_bytes + text.size() + seal_tag_bytes);
  const Context context(EVP_CIPHER_CTX_new());
  int done = 0;
  unsigned char* const out = data(sealed) + header_bytes;
  const bool sealed_well =
      EVP_EncryptInit_ex(context.get(), cipher_of(key.size()), nullptr, data(std::string_view(key)), nonce.data()) ==
          1 &&
      (associated.empty() ||
       EVP_EncryptUpdate(context.get(), nullptr, &done, data(associated), static_cast<int>(associated.size())) == 1) &&
      EVP_EncryptUpdate(context.get(), out, &done, data(std::string_view(text)), static_cast<int>(text.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), out + text.size(), &done) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, seal_tag_bytes, out + text.size()) == 1;
  base::check(sealed_well, "AES-GCM seals whatever it is given");
  return sealed;
}

std::optional<std::string> open(const Keyring& keyring, std::string_view sealed, std::string_view associated) {
  if (sealed.size() < header_bytes + seal_tag_bytes) return std::nullopt;
  const auto version = static_cast<SealVersion>(sealed.front());
  if (version != SealVersion::padded && version != SealVersion::plain) return std::nullopt;
  for (const std::string& key : keyring.keys()) {
    auto plain = open_with(key, sealed, associated);
    if (!plain) continue;
    if (version == SealVersion::padded) {
      // Vouched for by the tag, and yet from outside: the padding may claim more than there is.
      const std::size_t padding = plain->empty() ? 0 : static_cast<std::uint8_t>(plain->back());
      if (padding == 0 || padding > block_bytes || padding > plain->size()) return std::nullopt;
      plain->resize(plain->size() - padding);
    }
    return plain;
  }
  return std::nullopt;
}

}  // namespace core::wire::serf
