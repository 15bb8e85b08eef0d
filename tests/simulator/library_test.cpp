// The library of scenarios: each holds, says what it tells of, and requires something to have happened; and the README
// tells the whole language.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "simulator/run/run.hpp"
#include "simulator/scenario/reference.hpp"

namespace simulator {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(NOMAD_SOURCE_DIR "/scenarios"))
    if (entry.path().extension() == ".yaml") out.push_back(entry.path().stem().string());
  std::sort(out.begin(), out.end());
  return out;
}

class Library : public testing::TestWithParam<std::string> {};

TEST_P(Library, HoldsAndProvesSomething) {
  const auto scenario = load_scenario(NOMAD_SOURCE_DIR "/scenarios/" + GetParam() + ".yaml");
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  EXPECT_GE(scenario->about.size(), 40U) << "which incident or paper does it tell of?";
  coverage::Coverage coverage;
  const std::uint64_t seeds = scenario->cluster.most_clients() > 50 ? 2 : 5;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RunResult result = run_once(*scenario, {.seed = seed});
    std::string fallen = result.error;
    for (const auto& violation : result.violations) fallen += violation.invariant + ": " + violation.what + "\n";
    EXPECT_EQ(result.verdict, Verdict::held) << "seed " << seed << ": " << fallen;
    coverage.add(result.coverage);
  }
  for (const Requirement& requirement : scenario->require)
    EXPECT_GT(coverage.count_at(coverage::find_point(requirement.point).value()), 0U) << requirement.point;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Library, testing::ValuesIn(names()),
                         [](const testing::TestParamInfo<std::string>& one) {
                           std::string name = one.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(LibraryOfScenarios, IsToldInItsReadme) {
  std::ifstream in(NOMAD_SOURCE_DIR "/scenarios/README.md");
  const std::string readme{std::istreambuf_iterator<char>(in), {}};
  for (const std::string& name : names()) EXPECT_NE(readme.find("| `" + name + "` |"), std::string::npos) << name;
  EXPECT_NE(readme.find(language_reference()), std::string::npos)
      << "the tables of scenarios/README.md are not those of nomad-sim schema --tables";
}

}  // namespace
}  // namespace simulator
