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
