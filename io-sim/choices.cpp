#include "io-sim/choices.hpp"

namespace io_sim {
namespace {

constexpr std::uint64_t streams_made_anew = 4;  // by a further seed of a lineage: one in so many

// FNV-1a, 64 bits: names into keys, the same everywhere.
std::uint64_t key_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Which seed of the lineage makes the stream: the latest that takes it.
std::size_t seed_for(const Lineage& lineage, std::uint64_t name) {
  for (std::size_t i = lineage.size(); i > 1; --i)
    if (mixed(lineage[i - 1], name) % streams_made_anew == 0) return i - 1;
  return 0;
}

}  // namespace

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = a * 0x9e3779b97f4a7c15 + b;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double Stream::either_way(double most) {
  if (most <= 0) return 0;
  const std::uint64_t drawn = below(steps);
  const double share = static_cast<double>(drawn / 2) / (steps / 2);
  return drawn % 2 == 0 ? share * most : -share * most;
}

std::uint64_t Stream::Tape::pass(std::uint64_t bound, std::uint64_t generated) {
  std::uint64_t value = generated;
  if (scripted) value = at < script.size() ? script[at++] % bound : 0;
  if (recorded && record.size() <= Choices::max_recorded) record.push_back(static_cast<std::uint32_t>(value));
  return value;
}

Choices::Choices(Lineage lineage) : source_(std::make_unique<Source>()) {
  core::check(!lineage.empty(), "choices come from at least one seed");
  source_->salts.clear();
  for (const std::uint64_t seed : lineage) source_->salts.push_back(mixed(seed, 0));
  source_->lineage = std::move(lineage);
}

Choices::Choices(Script script) : source_(std::make_unique<Source>()) { source_->script = std::move(script); }

void Choices::record() {
  core::check(source_->tapes.empty(), "recording begins before anything is drawn");
  source_->recording = true;
}

Stream Choices::stream(std::string_view purpose, std::string_view entity) {
  std::string name(purpose);
  if (!entity.empty()) name.append("/").append(entity);
  const std::uint64_t hash = key_of(name);
  const bool scripted = source_->lineage.empty();
  const std::uint64_t* const salt = &source_->salts[seed_for(source_->lineage, hash)];
  if (!scripted && !source_->recording) return {hash, salt, nullptr};
  const auto [entry, is_new] = source_->tapes.try_emplace(name);
  core::check(is_new, "each stream is asked for once");
  Stream::Tape& tape = entry->second;
  tape.scripted = scripted && !source_->branched;
  tape.recorded = source_->recording;
  if (const auto values = source_->script.find(name); values != source_->script.end()) tape.script = values->second;
  return {hash, salt, &tape};
}

void Choices::branch(std::uint64_t seed) {
  for (std::uint64_t& salt : source_->salts) salt = mixed(seed, 1);
  source_->branched = true;
  for (auto& [name, tape] : source_->tapes) tape.scripted = false;
}

bool Choices::too_long() const {
  return std::any_of(source_->tapes.begin(), source_->tapes.end(),
                     [](const auto& entry) { return entry.second.record.size() > max_recorded; });
}

std::vector<std::string> Choices::unasked() const {
  std::vector<std::string> out;
  for (const auto& [name, values] : source_->script)
    if (!source_->tapes.contains(name)) out.push_back(name);
  return out;
}

Script Choices::recorded() const {
  Script out;
  if (too_long()) return out;
  for (const auto& [name, tape] : source_->tapes) {
    std::size_t used = tape.record.size();
    while (used > 0 && tape.record[used - 1] == 0) --used;
    if (used > 0)
      out.emplace(name, Values(tape.record.begin(), tape.record.begin() + static_cast<std::ptrdiff_t>(used)));
  }
  return out;
}

}  // namespace io_sim
