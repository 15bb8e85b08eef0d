#include "core/agent/recording.hpp"

#include <utility>

#include <fmt/format.h>
#include <zstd.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/check.hpp"
#include "core/describe/hash.hpp"
#include "core/describe/json.hpp"
#include "core/storage/crc32c.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace core::agent {
namespace {

constexpr std::string_view magic = "NOMADREC";
constexpr std::uint32_t format_version = 3;
constexpr std::size_t block_head_bytes = 8;
constexpr std::size_t hash_bytes = 4;
constexpr int compression_level = 1;
// Events repeat those of seconds ago, not only of the last block.
constexpr int window_log = 20;
constexpr std::uint64_t event_frame = 0;
constexpr std::uint64_t observed_frame = 1;
constexpr std::uint64_t checkpoint_frame = 2;
constexpr std::uint64_t chunk_frame = 3;
constexpr std::uint64_t entry_frame = 4;

void put_number(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

std::uint32_t number_at(std::string_view bytes, std::size_t offset) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return out;
}

std::string block_of(std::string_view payload) {
  std::string out;
  out.reserve(block_head_bytes + payload.size());
  put_number(out, static_cast<std::uint32_t>(payload.size()));
  put_number(out, storage::crc32c(payload));
  out += payload;
  return out;
}

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 128) {
    out += static_cast<char>(value % 128 + 128);
    value /= 128;
  }
  out += static_cast<char>(value);
}

std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 10; ++i) {
    out |= static_cast<std::uint64_t>(bytes[i] & 127) << (7 * i);
    if ((bytes[i] & 128) != 0) continue;
    bytes.remove_prefix(i + 1);
    return out;
  }
  return std::nullopt;
}

}  // namespace

std::uint32_t short_hash(const world::Effects& effects) {
  describe::Hasher hasher;
  for (const world::Effect& effect : effects) describe::hash(hasher, describe::type_of<world::Effect>(), &effect);
  const std::uint64_t whole = hasher.value();
  return static_cast<std::uint32_t>(whole ^ whole >> 32);
}

std::optional<wire::Observed> observe(const Agent& agent) {
  const server::Server* const server = agent.server();
  if (server == nullptr || server->raft() == nullptr) return std::nullopt;
  const raft::Raft& raft = *server->raft();
  const auto term = raft.log().term_at(raft.commit_index());
  return wire::Observed{raft.term().value,       raft.is_leader(),          server->id(),
                        raft.last_index().value, raft.commit_index().value, term ? term->value : 0,
                        server->state().index(), server->state().hash()};
}

wire::RecordingHeader make_header(const Config& config, std::uint64_t seed, std::uint64_t began_unix_ns) {
  return {format_version, seed, boost::json::serialize(describe::to_json(config)), config.version, 1, 1, began_unix_ns};
}

// ---- writing

SegmentWriter::SegmentWriter() : zstd_(ZSTD_createCCtx()) {}
SegmentWriter::~SegmentWriter() = default;
void SegmentWriter::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

std::string SegmentWriter::begin(const wire::RecordingHeader& header) {
  check(raw_.empty(), "a segment begins when the last block of the one before is finished");
  ZSTD_CCtx_reset(zstd_.get(), ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_compressionLevel, compression_level);
  ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_windowLog, window_log);
  instant_ = 0;
  shift_ = 0;
  return std::string(magic) + block_of(wire::protobuf::encode(header));
}

void SegmentWriter::add(Now now, const world::Event& event, std::uint32_t effects_hash) {
  const std::string body = wire::protobuf::encode(wire::RecordedEvent{event});
  put_varint(raw_, body.size());
  put_varint(raw_, event_frame);
  put_varint(raw_, static_cast<std::uint64_t>(now.instant.ns - std::exchange(instant_, now.instant.ns)));
  const std::int64_t shift = now.wall.unix_ns - now.instant.ns;
  put_varint(raw_, zigzag(shift - std::exchange(shift_, shift)));
  put_number(raw_, effects_hash);
  raw_ += body;
}

void SegmentWriter::add(std::uint64_t what, std::string_view body) {
  put_varint(raw_, body.size());
  put_varint(raw_, what);
  raw_ += body;
}

void SegmentWriter::add(const wire::Observed& observed) { add(observed_frame, wire::protobuf::encode(observed)); }
void SegmentWriter::add(const wire::Checkpoint& checkpoint) {
  add(checkpoint_frame, wire::protobuf::encode(checkpoint));
}
void SegmentWriter::add(const Chunk& chunk) { add(chunk_frame, *chunk.bytes); }
void SegmentWriter::add(const raft::Entry& entry) { add(entry_frame, wire::protobuf::encode(entry)); }

std::string SegmentWriter::finish_block() {
  if (raw_.empty()) return "";
  std::string packed(ZSTD_compressBound(raw_.size()) + 64, '\0');
  ZSTD_inBuffer in{raw_.data(), raw_.size(), 0};
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  for (;;) {
    const std::size_t left = ZSTD_compressStream2(zstd_.get(), &out, &in, ZSTD_e_flush);
    check(ZSTD_isError(left) == 0, "compressing takes any bytes");
    if (left == 0) break;
    packed.resize(packed.size() * 2);
    out.dst = packed.data();
    out.size = packed.size();
  }
  packed.resize(out.pos);
  raw_.clear();
  return block_of(packed);
}

// ---- reading

void SegmentReader::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

std::expected<SegmentReader, std::string> SegmentReader::open(std::string_view bytes) {
  if (!bytes.starts_with(magic)) return std::unexpected("not a recording: it does not begin with NOMADREC");
  SegmentReader reader;
  reader.whole_ = bytes;
  reader.offset_ = magic.size();
  if (bytes.size() < reader.offset_ + block_head_bytes)
    return std::unexpected("not a recording: it ends before its header does");
  const std::size_t length = number_at(bytes, reader.offset_);
  const std::string_view payload = bytes.substr(reader.offset_ + block_head_bytes, length);
  if (payload.size() < length) return std::unexpected("not a recording: it ends before its header does");
  if (storage::crc32c(payload) != number_at(bytes, reader.offset_ + 4))
    return std::unexpected("not a recording: its header is damaged");
  auto header = wire::protobuf::decode<wire::RecordingHeader>(payload);
  if (!header) return std::unexpected("not a recording: " + header.error().text());
  if (header->version != format_version)
    return std::unexpected(
        fmt::format("a recording of format {}: this program reads {}", header->version, format_version));
  boost::json::error_code error;
  const boost::json::value json = boost::json::parse(header->config, error);
  auto config = error ? std::unexpected(describe::JsonError{"", error.message()}) : describe::from_json<Config>(json);
  if (!config) return std::unexpected("the recording's configuration: " + config.error().text());
  reader.header_ = std::move(*header);
  reader.config_ = std::move(*config);
  reader.offset_ += block_head_bytes + length;
  reader.zstd_.reset(ZSTD_createDCtx());
  ZSTD_DCtx_setParameter(reader.zstd_.get(), ZSTD_d_windowLogMax, window_log);
  return reader;
}

// False: no whole block is left.
std::expected<bool, std::string> SegmentReader::read_block() {
  raw_.clear();
  at_ = 0;
  if (whole_.size() - offset_ < block_head_bytes) return false;
  const std::size_t length = number_at(whole_, offset_);
  const std::string_view payload = whole_.substr(offset_ + block_head_bytes, length);
  if (payload.size() < length) return false;
  const auto damaged = [&](std::string_view how) {
    return std::unexpected(fmt::format("the block at byte {} is damaged: {}", offset_, how));
  };
  if (storage::crc32c(payload) != number_at(whole_, offset_ + 4)) return damaged("its checksum differs");
  ZSTD_inBuffer in{payload.data(), payload.size(), 0};
  for (bool more = true; more;) {
    const std::size_t had = raw_.size();
    const std::size_t room = ZSTD_DStreamOutSize();
    if (had + room > most_block_bytes) return damaged("it unpacks to too much");
    raw_.resize(had + room);
    ZSTD_outBuffer out{raw_.data() + had, room, 0};
    const std::size_t result = ZSTD_decompressStream(zstd_.get(), &out, &in);
    raw_.resize(had + out.pos);
    if (ZSTD_isError(result) != 0) return damaged(ZSTD_getErrorName(result));
    more = in.pos < in.size || out.pos == room;
  }
  offset_ += block_head_bytes + length;
  return true;
}

std::expected<std::optional<SegmentReader::Frame>, std::string> SegmentReader::next() {
  while (at_ == raw_.size()) {
    const auto more = read_block();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::nullopt;
  }
  const auto damaged = [&](const std::string& how) {
    return std::unexpected(fmt::format("a frame before byte {} is damaged: {}", offset_, how));
  };
  std::string_view rest = std::string_view(raw_).substr(at_);
  const auto length = take_varint(rest);
  const auto what = length ? take_varint(rest) : std::nullopt;
  if (!what || *what > entry_frame) return damaged("no frame begins there");
  Event event;
  if (*what == event_frame && !take_times(rest, event)) return damaged("it is cut short");
  if (rest.size() < *length) return damaged("it is cut short");
  const std::string_view body = rest.substr(0, *length);
  at_ = raw_.size() - rest.size() + *length;
  const auto framed = [&](auto decoded) -> std::expected<std::optional<Frame>, std::string> {
    if (!decoded) return damaged(decoded.error().text());
    return Frame(std::move(*decoded));
  };
  switch (*what) {
    case observed_frame:
      return framed(wire::protobuf::decode<wire::Observed>(body));
    case checkpoint_frame:
      return framed(wire::protobuf::decode<wire::Checkpoint>(body));
    case chunk_frame:
      return Frame(Chunk{std::make_shared<const std::string>(body)});
    case entry_frame:
      return framed(wire::protobuf::decode<raft::Entry>(body));
  }
  auto recorded = wire::protobuf::decode<wire::RecordedEvent>(body);
  if (!recorded) return damaged(recorded.error().text());
  event.event = std::move(recorded->event);
  return Frame(std::move(event));
}

// What stands before an event's body. False: it is cut short.
bool SegmentReader::take_times(std::string_view& rest, Event& out) {
  const auto after = take_varint(rest);
  const auto shift = after ? take_varint(rest) : std::nullopt;
  if (!shift || rest.size() < hash_bytes) return false;
  out.effects_hash = number_at(rest, 0);
  rest.remove_prefix(hash_bytes);
  instant_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(instant_) + *after);
  shift_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(shift_) + static_cast<std::uint64_t>(unzigzag(*shift)));
  out.now = {{instant_},
             {static_cast<std::int64_t>(static_cast<std::uint64_t>(instant_) + static_cast<std::uint64_t>(shift_))}};
  return true;
}

}  // namespace core::agent
