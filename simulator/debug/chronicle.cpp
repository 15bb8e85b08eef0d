#include "simulator/debug/chronicle.hpp"

#include <fmt/format.h>

#include "core/describe/hash.hpp"
#include "core/describe/text.hpp"
#include "core/wire/rpc/framing.hpp"

namespace simulator::debug {
namespace {

namespace world = core::world;
constexpr std::size_t longest_text = 600;

// What an answer and the effect that asked for it have in common. Zero: nothing.
struct Key {
  io_sim::NodeId node;

  std::uint64_t of(std::uint64_t kind, std::uint64_t number) const {
    core::describe::Hasher hasher;
    hasher.add(kind);
    hasher.add(node);
    hasher.add(number);
    return hasher.value();
  }
  std::uint64_t of(std::uint64_t kind, std::string_view text) const {
    core::describe::Hasher hasher;
    hasher.add(kind);
    hasher.add(node);
    hasher.add(text);
    return hasher.value();
  }
  // Bytes are the same at both ends, whoever they are.
  static std::uint64_t of_bytes(std::string_view bytes) {
    core::describe::Hasher hasher;
    hasher.add(std::uint64_t{1});
    hasher.add(bytes);
    return hasher.value();
  }
  std::uint64_t task(const world::TaskKey& key) const { return of(5, key.alloc_id + "/" + key.task); }

  std::uint64_t operator()(const world::SendDatagram& e) const { return of_bytes(e.bytes); }
  std::uint64_t operator()(const world::DatagramReceived& e) const { return of_bytes(e.bytes); }
  std::uint64_t operator()(const world::SendStream& e) const { return of_bytes(e.bytes); }
  std::uint64_t operator()(const world::StreamReceived& e) const { return of_bytes(e.bytes); }
  std::uint64_t operator()(const world::OpenStream& e) const { return of(2, e.stream.value); }
  std::uint64_t operator()(const world::StreamConnected& e) const { return of(2, e.stream.value); }
  std::uint64_t operator()(const world::DiskBatch& e) const { return of(3, e.token.value); }
  std::uint64_t operator()(const world::DiskBatchDone& e) const { return of(3, e.token.value); }
  std::uint64_t operator()(const world::ReadDirectory& e) const { return of(3, e.token.value); }
  std::uint64_t operator()(const world::DirectoryRead& e) const { return of(3, e.token.value); }
  std::uint64_t operator()(const world::Compute& e) const { return of(4, e.token.value); }
  std::uint64_t operator()(const world::Computed& e) const { return of(4, e.token.value); }
  std::uint64_t operator()(const world::StartTask& e) const { return task(e.key); }
  std::uint64_t operator()(const world::RecoverTask& e) const { return task(e.key); }
  std::uint64_t operator()(const world::SignalTask& e) const { return task(e.key); }
  std::uint64_t operator()(const world::KillTask& e) const { return task(e.key); }
  std::uint64_t operator()(const world::TaskStarted& e) const { return task(e.key); }
  std::uint64_t operator()(const world::TaskStartFailed& e) const { return task(e.key); }
  std::uint64_t operator()(const world::TaskExited& e) const { return task(e.key); }
  std::uint64_t operator()(const world::TaskLost& e) const { return task(e.key); }
  std::uint64_t operator()(const world::MakeAllocDir& e) const { return of(6, e.alloc_id); }
  std::uint64_t operator()(const world::AllocDirMade& e) const { return of(6, e.alloc_id); }
  template <class Other>
  std::uint64_t operator()(const Other&) const {
    return 0;
  }
};

// What was sent to a peer is one frame or several, whole, unless the network cut them.
std::string rpc_text(const std::string& bytes) {
  for (const bool first_of_connection : {false, true}) {
    core::wire::rpc::FrameReader reader(first_of_connection);
    std::vector<core::wire::rpc::Envelope> envelopes;
    if (!reader.read(bytes, envelopes) || envelopes.empty()) continue;
    std::string out;
    for (const auto& envelope : envelopes) out += (out.empty() ? "" : "; ") + core::describe::text_of(envelope);
    return out;
  }
  return "";
}

}  // namespace

std::string text_of(const world::Event& event) {
  std::string out;
  if (const auto* received = std::get_if<world::StreamReceived>(&event)) out = rpc_text(received->bytes);
  if (out.empty()) out = core::describe::text_of(event);
  if (out.size() > longest_text) out.replace(longest_text, std::string::npos, "...");
  return out;
}

void Chronicle::add(io_sim::NodeId node, io_sim::TrueTime at, const world::Event& event,
                    const world::Effects& effects) {
  const std::uint64_t number = happenings_.size() + 1;
  happenings_.push_back({at, node, static_cast<std::uint32_t>(event.index()), cause_of(node, event)});
  if (texts_.empty()) texts_.resize(texts_kept);
  texts_[number % texts_kept] = text_of(event);
  last_[node] = number;
  for (const world::Effect& effect : effects) remember(node, number, effect);
}

std::uint64_t Chronicle::cause_of(io_sim::NodeId node, const world::Event& event) const {
  const auto look = [](const auto& in, std::uint64_t key) -> std::uint64_t {
    const auto found = in.find(key);
    return found == in.end() ? 0 : found->second;
  };
  if (std::holds_alternative<world::Woken>(event)) return look(last_, node);
  const std::uint64_t key = std::visit(Key{node}, event);
  return key == 0 ? 0 : look(sent_, key);
}

void Chronicle::remember(io_sim::NodeId node, std::uint64_t number, const world::Effect& effect) {
  if (const std::uint64_t key = std::visit(Key{node}, effect); key != 0) sent_[key] = number;
}

const std::string& Chronicle::text(std::uint64_t number) const {
  static const std::string none;
  return number + texts_kept <= size() || number == 0 || number > size() ? none : texts_[number % texts_kept];
}

}  // namespace simulator::debug
