#include "core/scheduler/selector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace core::scheduler {
namespace {

constexpr std::size_t least_ranked = 2;                     // also all of a batch job: the power of two choices
constexpr std::size_t least_ranked_with_preferences = 100;  // affinities and spreads want a wider look
constexpr std::size_t most_skipped = 3;                     // nodes of no positive score that are put off
constexpr std::size_t scores_kept = 5;
constexpr double highest_fit = 18;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// Not std::pow(10, x): Clang makes exp10() of it, and GCC does not, and the two differ in the last bit.
double ten_to_the(double exponent) { return std::exp(exponent * 2.302585092994045684); }

double free_share(std::int64_t total, std::int64_t used) {
  if (total <= 0) return 0;
  return 1 - static_cast<double>(used) / static_cast<double>(total);
}

std::size_t ceil_log2(std::size_t n) {
  std::size_t log = 0;
  while ((std::size_t{1} << log) < n) ++log;
  return log;
}

}  // namespace

model::AllocatedResources resources_of(const model::TaskGroup& group) {
  model::AllocatedResources resources;
  for (const model::Task& task : group.tasks) {
    const model::Resources ask = task.resources.value_or(model::Resources{});
    model::AllocatedTaskResources& held = resources.tasks[task.name];
    held.cpu.cpu_shares = ask.cores > 0 ? 0 : ask.cpu;
    held.memory.memory_mb = ask.memory_mb;
    held.memory.memory_max_mb = ask.memory_max_mb;
    resources.task_lifecycles[task.name] = task.lifecycle;
  }
  resources.shared.disk_mb = group.ephemeral_disk.value_or(model::EphemeralDisk{}).size_mb;
  return resources;
}

Selector::Selector(Cluster& cluster, const model::Job& job, Algorithm algorithm, Rng& rng)
    : cluster_(&cluster),
      job_(&job),
      algorithm_(algorithm),
      rng_(&rng),
      feasibility_(cluster, job),
      distinct_(cluster, job),
      order_(cluster.size()) {
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<SlotIndex>(i);
  rng.shuffle(order_);
  groups_.reserve(job.task_groups.size());
}

Selector::Group& Selector::group_of(const model::TaskGroup& group) {
  for (Group& known : groups_)
    if (known.group == &group) return known;
  Group& made = groups_.emplace_back(Group{.group = &group,
                                           .resources = resources_of(group),
                                           .ask = {},
                                           .cores = 0,
                                           .holdings = asks_for_holdings(group),
                                           .affinities = {},
                                           .affinity_weights = 0,
                                           .spread = SpreadScorer(*cluster_, *job_, group),
                                           .limit = least_ranked,
                                           .collisions = std::vector<std::uint32_t>(cluster_->size()),
                                           .affinity = std::vector<double>(cluster_->size(), unknown),
                                           .known = std::vector<Known>(cluster_->size())});
  made.ask = used_by(made.resources);
  const auto take_affinities = [&](const std::vector<model::Affinity>& affinities) {
    for (const model::Affinity& affinity : affinities) {
      made.affinities.emplace_back(CompiledConstraint(affinity.l_target, affinity.operand, affinity.r_target),
                                   affinity.weight);
      made.affinity_weights += std::abs(affinity.weight);
    }
  };
  take_affinities(job_->affinities);
  take_affinities(group.affinities);
  for (const model::Task& task : group.tasks) {
    take_affinities(task.affinities);
    if (task.resources) made.cores += std::max(task.resources->cores, 0);
  }
  if (job_->type != "batch") made.limit = std::max(least_ranked, ceil_log2(cluster_->size()));
  if (!made.affinities.empty() || !made.spread.empty())
    made.limit =
        std::max(least_ranked_with_preferences, static_cast<std::size_t>(std::max(0, group.count.value_or(1))));
  for (const auto& [id, live] : cluster_->live())
    if (live.slot != no_slot && live.group == group.name) ++made.collisions[live.slot];
  return made;
}

void Selector::change(const Live& live, int by) {
  for (Group& group : groups_) {
    if (live.slot != no_slot && live.group == group.group->name)
      group.collisions[live.slot] += static_cast<std::uint32_t>(by);
    group.spread.change(live, by);
  }
  distinct_.change(live, by);
}

void Selector::place(const Choice& choice, std::string_view alloc_id, const model::TaskGroup& group) {
  cluster_->place(choice.slot, alloc_id, group.name, choice.resources);
  change({choice.slot, &cluster_->node(choice.slot), group.name}, 1);
}

void Selector::stop(const model::Allocation& alloc) {
  if (const auto gone = cluster_->stop(alloc)) change(*gone, -1);
}

void Selector::restore(const model::Allocation& alloc) {
  if (const auto back = cluster_->restore(alloc)) change(*back, 1);
}

void Selector::start(Group& group) {
  current_ = &group;
  evaluated_ = 0;
  filtered_.clear();
  exhausted_.clear();
  best_.clear();
}

std::optional<Choice> Selector::select(const model::TaskGroup& group, const Wishes& wishes) {
  Group& known = group_of(group);
  if (wishes.preferred != no_slot)
    if (auto choice = select_on(group, wishes.preferred)) return choice;
  start(known);
  const auto best = best_of_walk(known, wishes);
  if (!best) return std::nullopt;
  return choose(known, best->slot);
}

std::optional<Choice> Selector::select_on(const model::TaskGroup& group, SlotIndex slot) {
  Group& known = group_of(group);
  start(known);
  ++evaluated_;
  if (!rank(known, slot, {})) return std::nullopt;
  return choose(known, slot);
}

bool Selector::can_stay(const model::TaskGroup& group, SlotIndex slot, const model::AllocatedResources& resources) {
  Group& known = group_of(group);
  if (!feasibility_.refuses(group, slot).empty()) return false;
  if (!distinct_.refuses(group, slot, known.collisions[slot]).empty()) return false;
  const Slot& at = cluster_->slot(slot);
  return exhausted_dimension(at.total, at.used + used_by(resources)) == nullptr;
}

Choice Selector::choose(Group& group, SlotIndex slot) {
  Choice choice{slot, group.resources};
  if (group.holdings) {
    Holdings holdings = cluster_->holdings(slot);
    holdings.assign(*group.group, *rng_, choice.resources);
  }
  return choice;
}

// Nodes come in the shuffled order. Of those that fit, `limit` are ranked; up to three without a positive score
// are put off, in the hope of better ones, and used when the others run out.
std::optional<Selector::Ranked> Selector::best_of_walk(Group& group, const Wishes& wishes) {
  const std::size_t nodes = order_.size();
  std::array<Ranked, most_skipped> skipped;
  std::size_t skipped_count = 0;
  std::optional<Ranked> best;
  std::size_t seen = 0;
  const auto consider = [&](const Ranked& ranked) {
    ++seen;
    if (!best || ranked.score > best->score) best = ranked;
  };
  std::size_t walked = 0;
  for (; walked < nodes && seen < group.limit; ++walked) {
    if (offset_ == nodes) offset_ = 0;
    const SlotIndex slot = order_[offset_++];
    ++evaluated_;
    const auto ranked = rank(group, slot, wishes);
    if (!ranked) continue;
    if (ranked->score <= 0 && skipped_count < most_skipped)
      skipped[skipped_count++] = *ranked;
    else
      consider(*ranked);
  }
  for (std::size_t i = 0; i < skipped_count && seen < group.limit; ++i) consider(skipped[i]);
  return best;
}

std::optional<Selector::Ranked> Selector::rank(Group& group, SlotIndex slot, const Wishes& wishes) {
  if (const std::string_view why = feasibility_.refuses(*group.group, slot); !why.empty()) {
    count(filtered_, reason(why), slot);
    return std::nullopt;
  }
  if (!distinct_.empty()) {
    if (const std::string why = distinct_.refuses(*group.group, slot, group.collisions[slot]); !why.empty()) {
      count(filtered_, reason(why), slot);
      return std::nullopt;
    }
  }
  const Known& known = know(group, slot);
  if (known.exhausted != no_reason) {
    count(exhausted_, known.exhausted, slot);
    return std::nullopt;
  }
  Ranked ranked{.slot = slot};
  double sum = known.sum;
  std::uint32_t scores = known.scores;
  if (!wishes.penalised.empty() && std::ranges::find(wishes.penalised, slot) != wishes.penalised.end()) {
    ranked.penalised = true;
    sum -= 1;
    ++scores;
  }
  if (!group.spread.empty()) {
    ranked.spread = group.spread.score(slot);
    if (ranked.spread != 0) {
      sum += ranked.spread;
      ++scores;
    }
  }
  ranked.score = sum / scores;
  remember(ranked);
  return ranked;
}

const Selector::Known& Selector::know(Group& group, SlotIndex slot) {
  Known& known = group.known[slot];
  const Slot& at = cluster_->slot(slot);
  if (known.generation == at.generation) return known;
  known = {.generation = at.generation};
  Capacity used = at.used + group.ask;
  if (group.cores > 0) used.cpu += group.cores * mhz_per_core(*at.node);
  if (const char* dimension = exhausted_dimension(at.total, used)) {
    known.exhausted = reason(dimension);
    return known;
  }
  if (group.holdings) {
    if (const auto why = cluster_->holdings(slot).refuses(*group.group)) {
      known.exhausted = reason(*why);
      return known;
    }
  }
  known.binpack = binpack(at, used);
  known.sum = known.binpack;
  known.scores = 1;
  if (const std::uint32_t collisions = group.collisions[slot]; collisions > 0) {
    known.anti_affinity = -static_cast<double>(collisions + 1) / std::max(1, group.group->count.value_or(1));
    known.sum += known.anti_affinity;
    ++known.scores;
  }
  if (const double affinity = affinity_of(group, slot); affinity != 0) {
    known.sum += affinity;
    ++known.scores;
  }
  return known;
}

double Selector::affinity_of(Group& group, SlotIndex slot) {
  if (group.affinities.empty() || group.affinity_weights == 0) return 0;
  double& affinity = group.affinity[slot];
  if (!std::isnan(affinity)) return affinity;
  affinity = 0;
  for (const auto& [wish, weight] : group.affinities)
    if (wish.met_by(cluster_->node(slot))) affinity += weight;
  return affinity /= group.affinity_weights;
}

double Selector::binpack(const Slot& slot, const Capacity& used) const {
  const double exponents =
      ten_to_the(free_share(slot.total.cpu, used.cpu)) + ten_to_the(free_share(slot.total.memory_mb, used.memory_mb));
  const double fit = algorithm_ == Algorithm::binpack ? 20 - exponents : exponents - 2;
  return std::clamp(fit, 0.0, highest_fit) / highest_fit;
}

void Selector::remember(const Ranked& ranked) {
  if (best_.size() == scores_kept && ranked.score <= best_.back().score) return;
  if (best_.size() == scores_kept) best_.pop_back();
  const auto at = std::ranges::find_if(best_, [&](const Ranked& other) { return other.score < ranked.score; });
  best_.insert(at, ranked);
}

Selector::ReasonId Selector::reason(std::string_view text) {
  if (const auto at = reason_ids_.find(text); at != reason_ids_.end()) return at->second;
  const auto id = static_cast<ReasonId>(reasons_.size());
  reasons_.emplace_back(text);
  reason_ids_.emplace(text, id);
  return id;
}

void Selector::count(std::vector<Count>& counts, ReasonId reason, SlotIndex slot) {
  const std::string_view node_class = cluster_->node(slot).node_class;
  for (Count& known : counts) {
    if (known.reason != reason || known.node_class != node_class) continue;
    ++known.times;
    return;
  }
  counts.push_back({reason, node_class, 1});
}

model::NodeScore Selector::explain(const Ranked& ranked) const {
  const Known& known = current_->known[ranked.slot];
  model::NodeScore score{cluster_->node(ranked.slot).id, {}, ranked.score};
  score.scores.emplace("binpack", known.binpack);
  score.scores.emplace("job-anti-affinity", known.anti_affinity);
  score.scores.emplace("node-reschedule-penalty", ranked.penalised ? -1.0 : 0.0);
  const double affinity = current_->affinity[ranked.slot];
  score.scores.emplace("node-affinity", std::isnan(affinity) ? 0.0 : affinity);
  if (ranked.spread != 0) score.scores.emplace("allocation-spread", ranked.spread);
  return score;
}

model::AllocMetric Selector::metrics() const {
  model::AllocMetric metric;
  metric.nodes_evaluated = evaluated_;
  metric.nodes_in_pool = cluster_->nodes_in_pool();
  metric.nodes_available = cluster_->ready_by_datacenter();
  for (const Count& count : filtered_) {
    metric.nodes_filtered += count.times;
    metric.constraint_filtered[reasons_[count.reason]] += count.times;
    if (!count.node_class.empty()) metric.class_filtered[std::string(count.node_class)] += count.times;
  }
  for (const Count& count : exhausted_) {
    metric.nodes_exhausted += count.times;
    metric.dimension_exhausted[reasons_[count.reason]] += count.times;
    if (!count.node_class.empty()) metric.class_exhausted[std::string(count.node_class)] += count.times;
  }
  metric.score_meta_data.reserve(best_.size());
  for (const Ranked& ranked : best_) metric.score_meta_data.push_back(explain(ranked));
  return metric;
}

}  // namespace core::scheduler
