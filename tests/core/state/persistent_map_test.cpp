// PersistentMap against std::map, its versions, and what two versions differ in.
#include "core/state/persistent_map.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/base/rng.hpp"

namespace core::state {
namespace {

using Map = PersistentMap<std::string, int>;
using Model = std::map<std::string, int, std::less<>>;

std::string key_of(int number) {
  std::string key = std::to_string(number);
  return std::string(6 - key.size(), '0') + key;
}

Model content(const Map& map) {
  Model out;
  std::string last;
  for (auto it = map.begin(); !it.at_end(); ++it) {
    EXPECT_LT(last, it->key);
    last = it->key;
    out.emplace(it->key, it->value);
  }
  return out;
}

/// A run of neighbouring keys put in or taken out: runs, so that trees grow deep in few steps.
struct Step {
  enum Kind { insert, erase, snapshot } kind;
  int from;
  int count;
  int stride;
};

rc::Gen<Step> any_step() {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::kind,
                   rc::gen::weightedElement<Step::Kind>({{4, Step::insert}, {4, Step::erase}, {1, Step::snapshot}})),
      rc::gen::set(&Step::from, rc::gen::inRange(0, 3000)), rc::gen::set(&Step::count, rc::gen::inRange(1, 400)),
      rc::gen::set(&Step::stride, rc::gen::inRange(1, 8)));
}

void take(const Step& step, int value, Map& map, Model& model) {
  for (int i = 0; i < step.count; ++i) {
    const std::string key = key_of(step.from + i * step.stride);
    if (step.kind == Step::insert) {
      RC_ASSERT(map.insert_or_assign(key, value) == model.insert_or_assign(key, value).second);
    } else {
      RC_ASSERT(map.erase(key) == (model.erase(key) == 1));
    }
  }
}

RC_GTEST_PROP(PersistentMapProperty, AgreesWithStdMapAndVersionsStay, ()) {
  const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
  Map map;
  Model model;
  std::vector<std::pair<Map, Model>> versions;
  int value = 0;
  for (const Step& step : steps) {
    if (step.kind == Step::snapshot)
      versions.emplace_back(map, model);
    else
      take(step, ++value, map, model);
  }
  map.check_invariants();
  RC_ASSERT(map.size() == model.size());
  RC_ASSERT(content(map) == model);
  for (const auto& [old_map, old_model] : versions) {
    old_map.check_invariants();
    RC_ASSERT(content(old_map) == old_model);
  }
}

RC_GTEST_PROP(PersistentMapProperty, FindsAndSeeksLikeStdMap, ()) {
  const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
  Map map;
  Model model;
  for (const Step& step : steps)
    if (step.kind != Step::snapshot) take(step, step.from, map, model);
  const auto probes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6000));
  for (const int probe : probes) {
    const std::string key = key_of(probe);
    const auto expected = model.find(key);
    const int* found = map.find(std::string_view(key));
    RC_ASSERT((found != nullptr) == (expected != model.end()));
    if (found != nullptr) {
      RC_ASSERT(*found == expected->second);
    }
    auto at = map.lower_bound(key);
    auto expected_at = model.lower_bound(key);
    for (int i = 0; i < 40; ++i) {
      RC_ASSERT(at.at_end() == (expected_at == model.end()));
      if (at.at_end()) break;
      RC_ASSERT(at->key == expected_at->first);
      ++at;
      ++expected_at;
    }
  }
}

RC_GTEST_PROP(PersistentMapProperty, DiffNamesWhatChangedAndNothingElse, ()) {
  const auto before_steps = *rc::gen::container<std::vector<Step>>(any_step());
  const auto after_steps = *rc::gen::container<std::vector<Step>>(any_step());
  Map map;
  Model model;
  int value = 0;
  for (const Step& step : before_steps)
    if (step.kind != Step::snapshot) take(step, ++value, map, model);
  const Map before = map;
  const Model model_before = model;
  // Few changes, so that most subtrees stay shared.
  for (const Step& step : after_steps)
    if (step.kind != Step::snapshot)
      take({step.kind, step.from, step.count / 100 + 1, step.stride}, ++value, map, model);

  using Change = std::pair<std::optional<int>, std::optional<int>>;
  std::map<std::string, Change> expected;
  for (const auto& [key, was] : model_before)
    if (!model.contains(key) || model.at(key) != was) expected[key].first = was;
  for (const auto& [key, is] : model)
    if (!model_before.contains(key) || model_before.at(key) != is) expected[key].second = is;
  std::map<std::string, Change> found;
  std::string last;
  Map::diff(before, map, [&](const std::string& key, const int* was, const int* is) {
    RC_ASSERT(last < key);
    last = key;
    found[key] = {was ? std::optional(*was) : std::nullopt, is ? std::optional(*is) : std::nullopt};
  });
  RC_ASSERT(found == expected);
  RC_ASSERT((map == before) == expected.empty());
}

TEST(PersistentMap, StaysWholeOverALongRandomLife) {
  Map map;
  Model model;
  std::optional<std::pair<Map, Model>> version;
  Rng rng(7);
  for (int i = 0; i < 60'000; ++i) {
    // Grows, then shrinks to nothing much, so that merges reach the root.
    const bool growing = (i / 15'000) % 2 == 0;
    const std::string key = key_of(static_cast<int>(rng.below(20'000)));
    if (rng.chance(growing ? 0.8 : 0.1)) {
      EXPECT_EQ(map.insert_or_assign(key, i), model.insert_or_assign(key, i).second);
    } else {
      EXPECT_EQ(map.erase(key), model.erase(key) == 1);
    }
    if (i % 5'000 == 0) {
      map.check_invariants();
      if (version) {
        EXPECT_EQ(content(version->first), version->second);
      }
      version.emplace(map, model);
    }
  }
  EXPECT_EQ(content(map), model);
  while (!model.empty()) {
    EXPECT_TRUE(map.erase(model.begin()->first));
    model.erase(model.begin());
  }
  EXPECT_TRUE(map.empty());
  EXPECT_TRUE(map.begin().at_end());
  map.check_invariants();
}

TEST(PersistentMap, WritesInPlaceUnlessAVersionIsHeld) {
  Map map;
  for (int i = 0; i < 5'000; ++i) map.insert_or_assign(key_of(i), 0);
  const int* place = map.find(key_of(1234));
  map.insert_or_assign(key_of(1234), 1);
  EXPECT_EQ(map.find(key_of(1234)), place);
  {
    const Map version = map;
    map.insert_or_assign(key_of(1234), 2);
    EXPECT_NE(map.find(key_of(1234)), place);
    EXPECT_EQ(*version.find(key_of(1234)), 1);
    // What the write did not pass through is shared.
    EXPECT_EQ(map.find(key_of(4321)), version.find(key_of(4321)));
  }
  place = map.find(key_of(1234));
  map.insert_or_assign(key_of(1234), 3);
  EXPECT_EQ(map.find(key_of(1234)), place);
}

TEST(PersistentMap, StopsAVisitEarly) {
  Map map;
  for (int i = 0; i < 100; ++i) map.insert_or_assign(key_of(i), i);
  std::vector<int> seen;
  map.for_each_from(key_of(40), [&](const std::string&, int value) {
    seen.push_back(value);
    return value < 42;
  });
  EXPECT_EQ(seen, (std::vector{40, 41, 42}));
}

TEST(PersistentMap, ErasingWhatIsNotThereCopiesNothing) {
  Map map;
  for (int i = 0; i < 100; ++i) map.insert_or_assign(key_of(2 * i), i);
  const Map version = map;
  EXPECT_FALSE(map.erase(key_of(41)));
  EXPECT_EQ(map.find(key_of(40)), version.find(key_of(40)));
}

// Searches compare the first eight bytes as a number: keys that are shorter, share them, hold zeros or high bytes must
// come out in the order of the texts.
TEST(PersistentMap, OrdersKeysAsTextsDoWhateverTheirFirstBytesAre) {
  const std::string parts[] = {"", std::string(1, '\0'), "a", "\x7f", "\x80", "\xff", "abcdefg", "abcdefgh"};
  Map map;
  Model model;
  int number = 0;
  for (const std::string& first : parts)
    for (const std::string& second : parts)
      for (const std::string& third : parts) {
        const std::string key = first + second + third;
        if (key.empty()) continue;
        map.insert_or_assign(key, ++number);
        model.insert_or_assign(key, number);
      }
  EXPECT_EQ(content(map), model);
  map.check_invariants();
  for (const auto& [key, value] : model) {
    ASSERT_NE(map.find(key), nullptr);
    EXPECT_EQ(*map.find(std::string_view(key)), value);
    EXPECT_EQ(map.lower_bound(key)->key, key);
    EXPECT_EQ(map.find(key + "!") != nullptr, model.contains(key + "!"));
  }
  while (!model.empty()) {
    const std::string key = std::next(model.begin(), static_cast<std::ptrdiff_t>(model.size() / 2))->first;
    ASSERT_TRUE(map.erase(key));
    model.erase(key);
    map.check_invariants();
  }
  EXPECT_TRUE(map.empty());
}

// Snapshots are read, copied and let go of on worker threads while the one writer goes on.
TEST(PersistentMap, VersionsAreReadOnOtherThreadsWhileTheWriterWrites) {
  Map map;
  for (int i = 0; i < 2'000; ++i) map.insert_or_assign(key_of(i), 0);
  std::vector<std::jthread> readers;
  std::atomic<int> wrong = 0;
  for (int round = 1; round <= 50; ++round) {
    readers.emplace_back([version = map, round, &wrong] {
      int sum = 0;
      for (auto it = version.begin(); !it.at_end(); ++it) sum += it->value;
      if (version.size() != 2'000 || sum != round - 1) ++wrong;
    });
    map.insert_or_assign(key_of(round * 31), 1);
  }
  readers.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace core::state
