// Encoding and decoding of memberlist's and Serf's messages, and what their layers cost.
#include <benchmark/benchmark.h>

#include "core/wire/serf/lzw.hpp"
#include "core/wire/serf/message.hpp"
#include "core/wire/serf/packet.hpp"
#include "core/wire/serf/serf_message.hpp"
#include "core/wire/serf/stream.hpp"

namespace {

namespace serf = core::wire::serf;

const std::string loopback("\x7f\0\0\1", 4);
const std::string versions("\x01\x05\x02\x02\x05\x04", 6);

serf::Ping ping() { return {77, "server-1.global", loopback, 4648, "server-2.global"}; }
serf::Alive alive() {
  return {
      3,
      "server-1.global",
      loopback,
      4648,
      serf::encode_tags({{"role", "nomad"}, {"region", "global"}, {"dc", "dc1"}, {"build", "1.6.5"}, {"port", "4647"}}),
      versions};
}

std::string gossip_packet() {
  std::vector<std::string> parts;
  for (int i = 0; i < 6; ++i) parts.push_back(serf::encode(alive()));
  for (int i = 0; i < 4; ++i)
    parts.push_back(serf::encode(serf::User{serf::encode(serf::JoinIntent{9, "server-1.global"})}));
  return serf::with_crc(serf::compound(parts));
}

std::string push_pull(std::size_t members) {
  serf::PushPull state;
  serf::SerfState user;
  for (std::size_t i = 0; i < members; ++i) {
    const std::string name = "server-" + std::to_string(i) + ".global";
    state.nodes.push_back({name, loopback, 4648, alive().meta, 1, 0, versions});
    user.status_ltimes.emplace_back(name, i);
  }
  user.events.resize(serf::event_slots);
  state.user_state = serf::encode(user);
  return serf::encode(state);
}

void encode_ping(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(serf::encode(ping()));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_ping);

void decode_ping(benchmark::State& state) {
  const std::string bytes = serf::encode(ping());
  for (auto _ : state) benchmark::DoNotOptimize(serf::decode_packet(bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_ping);

void encode_alive(benchmark::State& state) {
  const serf::Alive message = alive();
  for (auto _ : state) benchmark::DoNotOptimize(serf::encode(message));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_alive);

void decode_gossip_packet(benchmark::State& state) {
  const std::string bytes = gossip_packet();
  for (auto _ : state) benchmark::DoNotOptimize(serf::decode_packet(bytes));
  state.SetItemsProcessed(state.iterations() * 10);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(decode_gossip_packet);

void seal_and_open_packet(benchmark::State& state) {
  serf::Security security;
  static_cast<void>(security.keyring.add(std::string(32, 'k')));
  const std::string bytes = gossip_packet();
  for (auto _ : state)
    benchmark::DoNotOptimize(serf::decode_packet(serf::wrap_packet(bytes, {}, security, {}), security));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(seal_and_open_packet);

void compress_push_pull(benchmark::State& state) {
  const std::string bytes = push_pull(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(serf::lzw_compress(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(compress_push_pull)->Arg(5)->Arg(1000);

void decompress_push_pull(benchmark::State& state) {
  const std::string bytes = push_pull(static_cast<std::size_t>(state.range(0)));
  const std::string packed = serf::lzw_compress(bytes);
  for (auto _ : state) benchmark::DoNotOptimize(serf::lzw_decompress(packed, bytes.size()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(decompress_push_pull)->Arg(5)->Arg(1000);

void decode_push_pull(benchmark::State& state) {
  const std::string bytes = push_pull(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    serf::StreamDecoder decoder;
    benchmark::DoNotOptimize(decoder.feed(bytes));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(decode_push_pull)->Arg(5)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
