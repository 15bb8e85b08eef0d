#include "core/scheduler/constraint.hpp"

#include <gtest/gtest.h>

#include "tests/core/scheduler/world.hpp"

namespace {
using core::scheduler::CompiledConstraint;
using core::scheduler::matches_glob;

tests::model::Node node() {
  auto made = tests::make_node("n1");
  made.node_class = "large";
  made.attributes["os.signals"] = "SIGTERM, SIGKILL,SIGHUP";
  made.attributes["nomad.version"] = "1.6.0-beta";
  made.attributes["cpu.numcores"] = "16";
  made.attributes["load"] = "0.5";
  made.attributes["unique.hostname"] = "name-n1";
  made.meta["rack"] = "r1";
  return made;
}

TEST(Constraint, FollowsTheTableOfOperators) {
  struct Case {
    const char* left;
    const char* op;
    const char* right;
    bool met;
  };
  const auto at = node();
  for (const Case& c : {Case{"${attr.kernel.name}", "=", "linux", true},
                        {"${attr.kernel.name}", "==", "linux", true},
                        {"${attr.kernel.name}", "is", "windows", false},
                        {"${attr.none}", "=", "", false},
                        {"${attr.kernel.name}", "!=", "linux", false},
                        {"${attr.kernel.name}", "not", "windows", true},
                        {"${attr.none}", "!=", "linux", true},
                        {"${meta.rack}", "=", "r1", true},
                        {"${node.class}", "=", "large", true},
                        {"${node.datacenter}", "=", "dc1", true},
                        {"${node.unique.id}", "=", "n1", true},
                        {"${node.unique.name}", "=", "name-n1", true},
                        {"${node.pool}", "=", "default", true},
                        {"${attr.unique.hostname}", "=", "${node.unique.name}", true},
                        {"${node.nonsense}", "is_set", "", false},
                        {"${attr.cpu.numcores}", ">", "9", true},
                        {"${attr.cpu.numcores}", "<", "9", false},
                        {"${attr.cpu.numcores}", ">=", "16", true},
                        {"${attr.cpu.numcores}", "<=", "15.5", false},
                        {"${attr.load}", "<", "1", true},
                        {"${attr.kernel.name}", "<", "mac", true},
                        {"${attr.none}", "<", "9", false},
                        {"${attr.nomad.version}", "version", ">= 1.0", false},
                        {"${attr.nomad.version}", "semver", ">= 1.0", true},
                        {"${attr.kernel.name}", "version", ">= 1", false},
                        {"${attr.nomad.version}", "version", "nonsense", false},
                        {"${attr.kernel.name}", "regexp", "^l.n", true},
                        {"${attr.kernel.name}", "regexp", "(", false},
                        {"${attr.kernel.name}", "regexp", "inu", true},
                        {"${attr.kernel.name}", "regexp", "^inu", false},
                        {"${attr.os.signals}", "set_contains", "SIGHUP,SIGKILL", true},
                        {"${attr.os.signals}", "set_contains_all", "SIGHUP,SIGUSR1", false},
                        {"${attr.os.signals}", "set_contains_any", "SIGUSR1, SIGHUP", true},
                        {"${attr.os.signals}", "set_contains_any", "SIGUSR1", false},
                        {"${meta.rack}", "is_set", "", true},
                        {"${meta.none}", "is_set", "", false},
                        {"${meta.none}", "is_not_set", "", true},
                        {"${meta.rack}", "is_not_set", "", false},
                        {"${meta.rack}", "no such operator", "r1", false},
                        {"linux", "=", "${attr.kernel.name}", true}})
    EXPECT_EQ(CompiledConstraint(c.left, c.op, c.right).met_by(at), c.met) << c.left << " " << c.op << " " << c.right;
}

TEST(Constraint, EscapesTheClassWhenItLooksAtWhatIsUnique) {
  EXPECT_TRUE(CompiledConstraint("${node.unique.name}", "=", "x").escapes_class());
  EXPECT_TRUE(CompiledConstraint("${attr.kernel.name}", "=", "${meta.unique.x}").escapes_class());
  EXPECT_FALSE(CompiledConstraint("${node.class}", "=", "x").escapes_class());
}

TEST(Constraint, RefusesPatternsThatAreTooLong) {
  const std::string pattern(core::scheduler::max_pattern_length + 1, '.');
  EXPECT_FALSE(CompiledConstraint("${attr.kernel.name}", "regexp", pattern).met_by(node()));
}

TEST(Glob, MatchesStars) {
  EXPECT_TRUE(matches_glob("*", "dc1"));
  EXPECT_TRUE(matches_glob("dc*", "dc1"));
  EXPECT_TRUE(matches_glob("*-east-*", "us-east-1"));
  EXPECT_TRUE(matches_glob("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(matches_glob("dc1", "dc1"));
  EXPECT_FALSE(matches_glob("dc1", "dc10"));
  EXPECT_FALSE(matches_glob("dc1*2", "dc1"));
  EXPECT_FALSE(matches_glob("", "dc1"));
}

}  // namespace
