// One server, its events and its effects, as scripts; and the rules of Raft, each a test named for its sentence.
#include <gtest/gtest.h>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"
#include "tests/core/raft/one_server.hpp"

namespace {

class RaftScript : public testing::TestWithParam<std::string> {};

TEST_P(RaftScript, DoesWhatTheScriptSays) {
  tests::OneServer server;
  tests::run_script(GetParam(), [&](const tests::Command& command) { return server.answer(command); });
}

INSTANTIATE_TEST_SUITE_P(Raft, RaftScript, testing::ValuesIn(tests::scripts_in("tests/core/raft")),
                         [](const auto& param) {
                           std::string stem = param.param.substr(param.param.rfind('/') + 1);
                           stem = stem.substr(0, stem.find('.'));
                           for (char& c : stem)
                             if (c == '-') c = '_';
                           return stem;
                         });

std::vector<tests::Section> rules() { return tests::sections_in("tests/core/raft/rules"); }

class Rule : public testing::TestWithParam<tests::Section> {};

TEST_P(Rule, Holds) {
  tests::OneServer server;
  tests::run_section(GetParam(), [&](const tests::Command& command) { return server.answer(command); });
}

INSTANTIATE_TEST_SUITE_P(Raft, Rule, testing::ValuesIn(rules()), [](const auto& param) { return param.param.name(); });

#ifdef NOMAD_MUTANTS
// A rule that no bug breaks is no test: each known bug of the core makes at least one fall.
class RuleBench : public testing::TestWithParam<core::base::MutantId> {};

bool falls(const tests::Section& rule) {
  tests::OneServer server;
  try {
    return rule.text != tests::play(rule, [&](const tests::Command& command) { return server.answer(command); });
  } catch (const core::base::CheckFailed&) {
    return true;
  }
}

TEST_P(RuleBench, IsForbiddenByARule) {
  core::base::active_mutant = GetParam().place();
  std::vector<std::string> fallen;
  for (const tests::Section& rule : rules())
    if (falls(rule)) fallen.push_back(rule.sentence);
  core::base::active_mutant = core::base::no_mutant;
  const auto& known = core::base::mutants[GetParam().place()];
  std::cout << known.id << ", " << known.what << ":\n";
  for (const std::string& rule : fallen) std::cout << "  " << rule << "\n";
  EXPECT_FALSE(fallen.empty());
}

constexpr core::base::MutantId of_raft[] = {"K01", "K03", "K04", "K05", "K06", "K07", "K09", "K10", "K11",
                                            "K12", "K13", "K14", "K15", "K16", "K17", "K18", "K19", "K20",
                                            "K21", "K22", "K23", "K24", "K25", "K26", "K29", "K30", "K31",
                                            "K34", "K35", "K36", "M01", "M02", "M03", "M14", "M15"};
INSTANTIATE_TEST_SUITE_P(Raft, RuleBench, testing::ValuesIn(of_raft),
                         [](const auto& param) { return std::string(core::base::mutants[param.param.place()].id); });
#endif

}  // namespace
