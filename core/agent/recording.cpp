#include "core/agent/recording.hpp"

#include <map>
#include <memory>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/describe/hash.hpp"
#include "core/describe/json.hpp"
#include "core/describe/text.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace core::agent {
namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::uint32_t format_version = 1;

std::string framed(const std::string& body) {
  std::string out(length_bytes, '\0');
  for (std::size_t i = 0; i < length_bytes; ++i) out[i] = static_cast<char>(body.size() >> (24 - 8 * i));
  return out + body;
}

// The frame at `offset`, or nothing when less than a whole one is left.
std::optional<std::string_view> frame_at(std::string_view bytes, std::size_t offset) {
  if (bytes.size() - offset < length_bytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8 | static_cast<unsigned char>(bytes[offset + i]);
  if (bytes.size() - offset - length_bytes < length) return std::nullopt;
  return bytes.substr(offset + length_bytes, length);
}

}  // namespace

std::uint64_t hash_of_effects(const world::Effects& effects) {
  describe::Hasher hasher;
  for (const world::Effect& effect : effects) describe::hash(hasher, describe::type_of<world::Effect>(), &effect);
  return hasher.value();
}

std::string record_header(const Config& config, std::uint64_t seed) {
  return framed(wire::protobuf::encode(
      wire::RecordingHeader{format_version, seed, boost::json::serialize(describe::to_json(config)), config.version}));
}

std::string record_event(Now now, const world::Event& event, const world::Effects& effects) {
  return framed(wire::protobuf::encode(wire::RecordedEvent{now, event, hash_of_effects(effects)}));
}

std::expected<RecordingReader, std::string> RecordingReader::open(std::string_view bytes) {
  RecordingReader reader;
  reader.whole_ = bytes;
  const auto frame = frame_at(bytes, 0);
  if (!frame) return std::unexpected("not a recording: it ends before its header does");
  auto header = wire::protobuf::decode<wire::RecordingHeader>(*frame);
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
  reader.offset_ = length_bytes + frame->size();
  return reader;
}

std::expected<std::optional<wire::RecordedEvent>, std::string> RecordingReader::next() {
  const auto frame = frame_at(whole_, offset_);
  if (!frame) return std::nullopt;
  auto event = wire::protobuf::decode<wire::RecordedEvent>(*frame);
  if (!event) return std::unexpected(fmt::format("frame at byte {}: {}", offset_, event.error().text()));
  offset_ += length_bytes + frame->size();
  return std::optional(std::move(*event));
}

std::expected<Replayed, std::string> replay(std::string_view bytes) {
  auto reader = RecordingReader::open(bytes);
  if (!reader) return std::unexpected(reader.error());
  Agent agent(reader->config(), reader->seed());
  Replayed out;
  describe::Hasher trace;
  std::map<world::ComputeToken, std::shared_ptr<world::Work>> computing;
  for (;;) {
    auto next = reader->next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    const wire::RecordedEvent& recorded = **next;
    if (const auto* computed = std::get_if<world::Computed>(&recorded.event))
      if (const auto work = computing.extract(computed->token)) work.mapped()->run();
    world::Effects effects;
    agent.handle(recorded.now, recorded.event, effects);
    ++out.events;
    describe::hash(trace, describe::type_of<world::Event>(), &recorded.event);
    const std::uint64_t found = hash_of_effects(effects);
    trace.add(found);
    for (const world::Effect& effect : effects)
      if (const auto* compute = std::get_if<world::Compute>(&effect)) computing.emplace(compute->token, compute->work);
    if (found == recorded.effects_hash || out.divergence) continue;
    out.divergence = fmt::format("event {} ({}): the effects' hash was {:016x} when recorded and is {:016x} now",
                                 out.events, describe::text_of(recorded.event), recorded.effects_hash, found);
    for (const world::Effect& effect : effects) *out.divergence += "\n  " + describe::text_of(effect);
  }
  out.trace_hash = trace.value();
  if (agent.server() != nullptr) out.state_hash = agent.server()->state().hash();
  return out;
}

}  // namespace core::agent
