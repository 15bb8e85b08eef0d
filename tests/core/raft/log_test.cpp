// The log against the plainest model that could be right: a vector of terms.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <rapidcheck/state.h>

#include "core/raft/configuration.hpp"
#include "core/raft/log.hpp"

namespace {

using namespace core::raft;

struct Model {
  std::vector<std::uint64_t> terms;
  std::uint64_t last_term() const { return terms.empty() ? 0 : terms.back(); }
};

void check_equal(const Model& model, const Log& log) {
  RC_ASSERT(log.last_index().value == model.terms.size());
  RC_ASSERT(log.last_term().value == model.last_term());
  for (std::uint64_t i = 0; i < model.terms.size(); ++i) {
    RC_ASSERT(log.term_at(Index{i + 1})->value == model.terms[i]);
    RC_ASSERT(log.at(Index{i + 1}).index.value == i + 1);
    std::uint64_t first = i;
    while (first > 0 && model.terms[first - 1] == model.terms[i]) --first;
    RC_ASSERT(log.first_of_term_at(Index{i + 1}).value == first + 1);
  }
  for (std::uint64_t term = 0; term <= model.last_term() + 1; ++term) {
    std::uint64_t last = model.terms.size();
    while (last > 0 && model.terms[last - 1] > term) --last;
    RC_ASSERT(log.last_not_after(Term{term}).value == last);
  }
  RC_ASSERT(!log.term_at(Index{model.terms.size() + 1}).has_value());
}

struct Append final : rc::state::Command<Model, Log> {
  std::uint64_t rise = *rc::gen::inRange<std::uint64_t>(0, 3);
  void apply(Model& model) const override { model.terms.push_back(model.last_term() + rise); }
  void run(const Model& before, Log& log) const override {
    log.append({Term{before.last_term() + rise}, log.last_index().next(), EntryKind::command, {}});
    check_equal(nextState(before), log);
  }
};

struct TruncateFrom final : rc::state::Command<Model, Log> {
  std::uint64_t index;
  explicit TruncateFrom(const Model& model) : index(*rc::gen::inRange<std::uint64_t>(1, model.terms.size() + 3)) {}
  void apply(Model& model) const override {
    if (index <= model.terms.size()) model.terms.resize(index - 1);
  }
  void run(const Model& before, Log& log) const override {
    log.truncate_from(Index{index});
    check_equal(nextState(before), log);
  }
};

RC_GTEST_PROP(LogProperty, AgreesWithAVectorOfTerms, ()) {
  Log log;
  rc::state::check(Model{}, log, rc::state::gen::execOneOfWithArgs<Append, Append, TruncateFrom>());
}

// Messages and records hold slices while the log goes on, is cut at either end, begins anew and is copied.
RC_GTEST_PROP(LogProperty, SlicesStayAsTheyAreWhateverBecomesOfTheLog, ()) {
  Log log;
  std::vector<std::pair<Entries, std::vector<Entry>>> slices;
  std::uint64_t written = 0;
  const auto index_from = [&](Index first) { return Index{first.value + *rc::gen::inRange<std::uint64_t>(0, 6)}; };
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12))) {
    if (step < 6) {
      const auto payload = std::make_shared<const std::string>(std::to_string(++written));
      log.append({log.last_term(), log.last_index().next(), EntryKind::command, payload});
    } else if (step == 6) {
      log.truncate_from(index_from(log.first_index()));
    } else if (step == 7) {
      log.compact_to(std::min(index_from(log.base_index()), log.last_index()));
    } else if (step == 8) {
      log.reset(log.last_index(), log.last_term());
    } else if (step == 9) {
      log = Log(log);
    } else {
      const Index first = index_from(log.first_index());
      const Entries slice = first > log.last_index() ? Entries() : log.slice(first, log.last_index());
      slices.emplace_back(slice, std::vector<Entry>(slice.begin(), slice.end()));
      // What is added to a slice is its own.
      if (step == 11) slices.back().first.push_back(Entry{}), slices.back().second.emplace_back();
    }
    for (const auto& [slice, copy] : slices)
      RC_ASSERT(std::equal(slice.begin(), slice.end(), copy.begin(), copy.end()));
  }
}

TEST(Entries, AfterTheFirstOnesIsTheRestAndNothingPastTheEnd) {
  const Entries entries{{Term{1}, Index{1}, {}, {}}, {Term{1}, Index{2}, {}, {}}, {Term{2}, Index{3}, {}, {}}};
  EXPECT_EQ(entries.after(0).size(), 3u);
  ASSERT_EQ(entries.after(2).size(), 1u);
  EXPECT_EQ(entries.after(2).front().index, Index{3});
  EXPECT_TRUE(entries.after(3).empty());
  EXPECT_TRUE(entries.after(4).empty());
  EXPECT_TRUE(Entries().after(1).empty());
}

TEST(Configuration, IsTheSameBytesForTheSameServers) {
  const Configuration one{{{"b", "b:1", Suffrage::voter}, {"a", "a:1", Suffrage::nonvoter}}};
  const Configuration two{{{"a", "a:1", Suffrage::nonvoter}, {"b", "b:1", Suffrage::voter}}};
  EXPECT_EQ(*encode(one), *encode(two));
  EXPECT_EQ(decode_configuration(*encode(one)), two);
}

TEST(Configuration, DecidesByMoreThanHalfOfTheVoters) {
  Configuration configuration;
  for (std::size_t voters = 1; voters <= 7; ++voters) {
    configuration.servers.push_back({"n" + std::to_string(voters), "x", Suffrage::voter});
    EXPECT_EQ(configuration.quorum(), voters / 2 + 1);
  }
}

RC_GTEST_PROP(ConfigurationProperty, SurvivesAnyBytes, (const std::string& bytes)) {
  if (const auto read = decode_configuration(bytes)) RC_ASSERT(why_invalid(*read) == "");
}

}  // namespace
