// Tables from the rules and the test cases of hashicorp/go-version.
#include "core/scheduler/version.hpp"

#include <gtest/gtest.h>

namespace {
using namespace core::scheduler;

bool holds(std::string_view version, std::string_view constraints, VersionRules rules = VersionRules::version) {
  const auto parsed = parse_version(version, rules);
  const auto wanted = parse_version_constraints(constraints, rules);
  EXPECT_TRUE(parsed && wanted) << version << " / " << constraints;
  return parsed && wanted && satisfies(*parsed, *wanted, rules);
}

TEST(Version, ReadsWhatGoVersionReads) {
  for (const char* good : {"1.2.3", "1.0", "1", "v1.2.3", "1.2-5", "1.2-beta.5", "1.2beta", "1.2.0-x.Y.0+metadata",
                           "1.2.0-x-foo", "1.7rc2", "v1.7rc2", "1.0-", "1.2.3.4", "1.2.3.4-rc1"})
    EXPECT_EQ(parse_version(good, VersionRules::version).has_value(), std::string_view(good) != "1.0-") << good;
  for (const char* bad : {"", "foo", "\n1.2", "1.2.3 ", "1..2", ".1", "1.2.", "1.2.beta", "1.2.3+", "1.2.3-a..b", "-1",
                          "99999999999999999999.0"})
    EXPECT_FALSE(parse_version(bad, VersionRules::version)) << bad;
  EXPECT_FALSE(parse_version("1.2beta", VersionRules::semver));
  EXPECT_TRUE(parse_version("1.2-beta", VersionRules::semver));
}

TEST(Version, ComparesAsGoVersionDoes) {
  struct Case {
    const char* a;
    const char* b;
    int order;
  };
  for (const Case& c : {Case{"1.2.3", "1.4.5", -1},
                        {"1.2-beta", "1.2-beta", 0},
                        {"1.2", "1.1.4", 1},
                        {"1.2", "1.2-beta", 1},
                        {"1.2+foo", "1.2+beta", 0},
                        {"v1.2", "v1.2-beta", 1},
                        {"v1.2.3.0", "v1.2.3", 0},
                        {"v1.2.3.0.0", "v1.2.3", 0},
                        {"v1.2.3.0.1", "v1.2.3", 1},
                        {"1.7rc2", "1.7rc1", 1},
                        {"1.7rc2", "1.7", -1},
                        {"1.2.0", "1.2.0-X-1.2.0+metadata", 1},
                        {"1.2-beta.2", "1.2-beta.11", -1},
                        {"1.2-beta.1", "1.2-beta.x", -1},
                        {"3.0-alpha3", "3.0-rc1", -1},
                        {"1.0.0-1.x", "1.0.0-1.2", 1},
                        {"10.0", "9.0", 1}}) {
    const auto a = parse_version(c.a, VersionRules::version);
    const auto b = parse_version(c.b, VersionRules::version);
    ASSERT_TRUE(a && b) << c.a << " " << c.b;
    EXPECT_EQ(compare_versions(*a, *b), c.order) << c.a << " " << c.b;
  }
}

TEST(Version, SatisfiesConstraintsAsGoVersionDoes) {
  struct Case {
    const char* constraint;
    const char* version;
    bool holds;
  };
  for (const Case& c : {Case{">= 1.0, < 1.2", "1.1.5", true},
                        {"< 1.0, < 1.2", "1.1.5", false},
                        {"= 1.0", "1.1.5", false},
                        {"= 1.0", "1.0.0", true},
                        {"1.0", "1.0.0", true},
                        {"!= 1.0", "1.0.0", false},
                        {"~> 1.0", "2.0", false},
                        {"~> 1.0", "1.1", true},
                        {"~> 1.0", "1.2.3", true},
                        {"~> 1.0.0", "1.2.3", false},
                        {"~> 1.0.0", "1.0.7", true},
                        {"~> 1.0.7", "1.0.4", false},
                        {"~> 1.0.7", "1.0.8", true},
                        {"~> 1.0.7", "1.1.0", false},
                        {"~> 1.0.9.5", "1.0.9.6", true},
                        {"~> 1.0.9.5", "1.0.9.5.0", true},
                        {"~> 1.0.9.5", "1.0.9", false},
                        {"~> 2.0", "2.1.0-beta", false},
                        {"~> 2.1.0-a", "2.1.0", false},
                        {"~> 2.1.0-a", "2.1.0-beta", true},
                        {"~> 2.1.0-a", "2.2.0-alpha", false},
                        {">= 2.1.0-a", "2.1.0-beta", true},
                        {">= 2.1.0-a", "2.1.1-beta", false},
                        {">= 2.0.0", "2.1.0-beta", false},
                        {"> 1.0", "1.0.1-rc1", false},
                        {"= 1.0.0-rc1", "1.0.0-rc1", true},
                        {"  >=1.0 ,<  2 ", "1.5", true}})
    EXPECT_EQ(holds(c.version, c.constraint), c.holds) << c.version << " against " << c.constraint;
}

TEST(Version, SemverTakesPrereleasesAndNoPessimism) {
  EXPECT_TRUE(holds("1.6.0-beta", ">= 1.0", VersionRules::semver));
  EXPECT_TRUE(holds("1.3.0-beta1", ">= 0.6.1", VersionRules::semver));
  EXPECT_FALSE(holds("1.7.0-alpha1", ">= 1.7.0", VersionRules::semver));
  EXPECT_FALSE(parse_version_constraints("~> 1.0", VersionRules::semver));
}

TEST(Version, RefusesBrokenAndBoundlessConstraints) {
  for (const char* bad : {"", "foo", ">= bar", ">= 1.0, ", ">> 1.0", "=> 1.0"})
    EXPECT_FALSE(parse_version_constraints(bad, VersionRules::version)) << bad;
  std::string many = "> 0";
  for (std::size_t i = 0; i < max_version_constraints; ++i) many += ", > 0";
  EXPECT_FALSE(parse_version_constraints(many, VersionRules::version));
  EXPECT_FALSE(parse_version("1." + std::string(max_version_length, '0'), VersionRules::version));
}

}  // namespace
