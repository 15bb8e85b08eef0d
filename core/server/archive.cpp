#include "core/server/archive.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include <openssl/evp.h>
#include <zlib.h>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/check.hpp"
#include "core/server/snapshots.hpp"
#include "core/storage/snapshots.hpp"

namespace core::server {
namespace {

namespace json = boost::json;

constexpr std::size_t chunk_bytes = 256 << 10;
constexpr std::size_t block = 512;  // tar's
constexpr std::int64_t archive_version = 1;
constexpr std::string_view meta_name = "meta.json";
constexpr std::string_view state_name = "state.bin";
constexpr std::string_view sums_name = "SHA256SUMS";
constexpr std::string_view state_magic = "NOMADSNP";
constexpr int gzip_window = 15 + 16;

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

/// The first bytes of something that is not what was wanted, for an error.
std::string beginning(std::string_view bytes) {
  const std::string_view first = bytes.substr(0, 8);
  const bool text = std::all_of(first.begin(), first.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  return first.empty() ? "nothing" : text ? fmt::format("\"{}\"", first) : "the bytes " + hex(first);
}

std::string gzipped(std::string_view plain) {
  z_stream stream{};
  check(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib begins");
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  check(deflate(&stream, Z_FINISH) == Z_STREAM_END, "what zlib reserved suffices");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::expected<std::string, std::string> gunzipped(std::string_view packed) {
  if (packed.size() < 2 || packed[0] != '\x1f' || packed[1] != '\x8b')
    return std::unexpected(
        fmt::format("this is no snapshot archive: it begins with {}, wanted a gzip file (1f8b)", beginning(packed)));
  z_stream stream{};
  check(inflateInit2(&stream, gzip_window) == Z_OK, "zlib begins");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  std::string part(1 << 16, '\0');
  int result = Z_OK;
  while (result == Z_OK && out.size() <= max_archive_bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(part, 0, part.size() - stream.avail_out);
  }
  const std::size_t read = stream.total_in;
  const std::string why = stream.msg != nullptr ? stream.msg : "it ends too early";
  inflateEnd(&stream);
  if (out.size() > max_archive_bytes)
    return std::unexpected(fmt::format("the archive holds more than {} bytes", max_archive_bytes));
  if (result != Z_STREAM_END) return std::unexpected(fmt::format("the archive is damaged at offset {}: {}", read, why));
  if (read != packed.size())
    return std::unexpected(
        fmt::format("the archive ends at offset {}, and {} bytes follow it", read, packed.size() - read));
  return out;
}

void put_octal(std::string& header, std::size_t at, std::size_t length, std::uint64_t value) {
  const std::string digits = fmt::format("{:0{}o}", value, length - 1);
  header.replace(at, digits.size(), digits);
}

// The sum of a header's bytes, its own field taken for blanks.
std::uint64_t header_sum(std::string_view header) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block; ++i)
    sum += i >= 148 && i < 156 ? static_cast<unsigned char>(' ') : static_cast<unsigned char>(header[i]);
  return sum;
}

void add_file(std::string& tar, std::string_view name, std::string_view bytes, WallTime made) {
  std::string header(block, '\0');
  header.replace(0, name.size(), name);
  put_octal(header, 100, 8, 0600);
  put_octal(header, 108, 8, 0);
  put_octal(header, 116, 8, 0);
  put_octal(header, 124, 12, bytes.size());
  put_octal(header, 136, 12, made.is_set() ? static_cast<std::uint64_t>(made.unix_ns / 1'000'000'000) : 0);
  header[156] = '0';
  header.replace(257, 8, std::string_view("ustar\00000", 8));
  put_octal(header, 148, 7, header_sum(header));
  header[155] = ' ';
  tar += header;
  tar += bytes;
  tar.resize((tar.size() + block - 1) / block * block, '\0');
}

std::optional<std::uint64_t> octal(std::string_view field) {
  while (field.starts_with(' ')) field.remove_prefix(1);
  while (!field.empty() && (field.back() == '\0' || field.back() == ' ')) field.remove_suffix(1);
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), out, 8);
  if (error != std::errc{} || end != field.data() + field.size()) return std::nullopt;
  return out;
}

using Files = std::map<std::string, std::string_view, std::less<>>;

std::expected<Files, std::string> files_in(std::string_view tar) {
  Files out;
  for (std::size_t at = 0; at + block <= tar.size();) {
    const std::string_view header = tar.substr(at, block);
    if (header.find_first_not_of('\0') == std::string_view::npos) break;
    const auto sum = octal(header.substr(148, 8));
    const auto size = octal(header.substr(124, 12));
    if (!sum || *sum != header_sum(header) || !size)
      return std::unexpected(fmt::format("the archive holds no tar header at offset {} (unpacked)", at));
    at += block;
    if (*size > tar.size() - at)
      return std::unexpected(fmt::format("the archive ends within the file that begins at offset {} (unpacked)", at));
    const std::string name(header.substr(0, header.substr(0, 100).find('\0')));
    if (header[156] == '0' || header[156] == '\0') out.emplace(name, tar.substr(at, *size));
    at += (*size + block - 1) / block * block;
  }
  return out;
}

std::string listed(const Files& files) {
  std::string out;
  for (const auto& [name, bytes] : files) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "nothing" : out;
}

// "hash  name", a line each.
std::expected<void, std::string> check_sums(const Files& files) {
  std::string_view rest = files.find(sums_name)->second;
  std::map<std::string, std::string, std::less<>> sums;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto blank = line.find(' ');
    const auto name = line.find_first_not_of(" *", blank);
    if (blank == std::string_view::npos || name == std::string_view::npos)
      return std::unexpected(fmt::format("SHA256SUMS: found {}, wanted lines of a hash and a name", beginning(line)));
    sums.emplace(line.substr(name), line.substr(0, blank));
  }
  for (const std::string_view name : {meta_name, state_name}) {
    const auto wanted = sums.find(name);
    if (wanted == sums.end()) return std::unexpected(fmt::format("SHA256SUMS has no line for {}", name));
    const std::string found = hex(sha256(files.find(name)->second));
    if (found != wanted->second)
      return std::unexpected(
          fmt::format("{} is damaged: its SHA-256 is {}, and SHA256SUMS wants {}", name, found, wanted->second));
  }
  return {};
}

std::expected<ArchiveMeta, std::string> read_meta(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object())
    return std::unexpected(fmt::format("meta.json: found {}, wanted a JSON object", beginning(text)));
  const auto number = [&](const char* key) -> std::optional<std::uint64_t> {
    const json::value* value = parsed.get_object().if_contains(key);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return std::nullopt;
    return static_cast<std::uint64_t>(value->get_int64());
  };
  ArchiveMeta meta;
  const auto version = number("Version");
  if (!version || *version != archive_version)
    return std::unexpected(fmt::format("meta.json: found Version {}, wanted {}",
                                       version ? std::to_string(*version) : "absent", archive_version));
  for (const auto& [key, into] : {std::pair{"Index", &meta.index}, {"Term", &meta.term}, {"Size", &meta.size}}) {
    const auto value = number(key);
    if (!value) return std::unexpected(fmt::format("meta.json: {} is absent or no whole number", key));
    *into = *value;
  }
  if (const json::value* id = parsed.get_object().if_contains("ID"); id != nullptr && id->is_string())
    meta.id = id->get_string();
  return meta;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  check(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1, "SHA-256 is there");
  return {reinterpret_cast<const char*>(digest.data()), length};
}

std::expected<std::string, std::string> pack_archive(const raft::Snapshot& snapshot, WallTime made, std::size_t most) {
  const auto too_large = [&](std::uint64_t bytes) {
    return std::unexpected(fmt::format("the state takes {} bytes, and an archive holds {} at the most", bytes, most));
  };
  if (const std::uint64_t bytes = snapshot.bytes(); bytes > most) return too_large(bytes);
  std::string state = storage::encode_header(snapshot);
  for (const raft::Payload& chunk : snapshot.chunks) state += *chunk;
  const std::int64_t milliseconds = made.is_set() ? made.unix_ns / 1'000'000 : 0;
  const json::object meta{
      {"Version", archive_version},
      {"ID", fmt::format("{}-{}-{}", snapshot.meta.term.value, snapshot.meta.index.value, milliseconds)},
      {"Index", snapshot.meta.index.value},
      {"Term", snapshot.meta.term.value},
      {"Size", state.size()},
      {"Format", "nomad-cpp"},
      {"FormatVersion", storage::snapshot_version}};
  const std::string meta_text = json::serialize(meta) + "\n";
  const std::string sums =
      fmt::format("{}  {}\n{}  {}\n", hex(sha256(meta_text)), meta_name, hex(sha256(state)), state_name);
  std::string tar;
  add_file(tar, meta_name, meta_text, made);
  add_file(tar, state_name, state, made);
  add_file(tar, sums_name, sums, made);
  tar.append(2 * block, '\0');
  // Of what nobody could restore, no archive is made.
  if (tar.size() > most) return too_large(tar.size());
  return gzipped(tar);
}

std::expected<Archive, std::string> open_archive(std::string_view bytes) {
  const auto tar = gunzipped(bytes);
  if (!tar) return std::unexpected(tar.error());
  const auto files = files_in(*tar);
  if (!files) return std::unexpected(files.error());
  for (const std::string_view name : {meta_name, state_name, sums_name})
    if (!files->contains(name))
      return std::unexpected(
          fmt::format("the archive holds {}, wanted meta.json, state.bin and SHA256SUMS", listed(*files)));
  if (auto whole = check_sums(*files); !whole) return std::unexpected(whole.error());
  const std::string_view state = files->find(state_name)->second;
  if (!state.starts_with(state_magic))
    return std::unexpected(
        fmt::format("state.bin begins with {}, wanted \"{}\": this is a snapshot of another program (HashiCorp's Nomad "
                    "keeps its state in a format of its own, which cannot be restored here)",
                    beginning(state), state_magic));
  auto meta = read_meta(files->find(meta_name)->second);
  if (!meta) return std::unexpected(meta.error());
  auto snapshot = storage::decode_snapshot(state);
  if (!snapshot) return std::unexpected("state.bin: " + snapshot.error());
  if (snapshot->meta.index.value != meta->index || snapshot->meta.term.value != meta->term)
    return std::unexpected(fmt::format("state.bin is of index {} and term {}, meta.json says {} and {}",
                                       snapshot->meta.index.value, snapshot->meta.term.value, meta->index, meta->term));
  return Archive{std::move(*meta), std::move(*snapshot)};
}

void SaveArchive::run() {
  BuildSnapshot build(std::move(state_), std::move(meta_), chunk_bytes);
  build.run();
  packed_ = pack_archive(*build.take(), made_);
}

void OpenArchive::run() {
  auto archive = open_archive(*bytes_);
  if (!archive) {
    commands_ = std::unexpected(archive.error());
    return;
  }
  // Restored here first, for once its first part is in the log there is no way back.
  if (auto state = open_snapshot(archive->snapshot); !state) {
    commands_ = std::unexpected("state.bin: " + state.error());
    return;
  }
  Commands commands;
  state::RestoreSnapshot part{.restore_id = restore_id_, .part = 0, .last = false, .entries = {}, .time = now_};
  std::size_t held = 0;
  const auto close = [&](bool last) {
    part.last = last;
    commands.push_back(std::make_shared<const state::Command>(part));
    part.entries.clear();
    ++part.part;
    held = 0;
  };
  const auto read =
      for_each_record(archive->snapshot, [&](state::SnapshotEntry entry, std::size_t bytes) -> std::string {
        if (held > 0 && held + bytes > part_bytes_) close(false);
        part.entries.push_back(std::move(entry));
        held += bytes;
        return "";
      });
  check(read.has_value(), "what was read once is read again");
  close(true);
  commands_ = std::move(commands);
}

}  // namespace core::server
