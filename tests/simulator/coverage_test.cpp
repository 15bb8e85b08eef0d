#include "simulator/coverage/coverage.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulator/run/run.hpp"

namespace simulator::coverage {
namespace {

TEST(Coverage, EachPointIsThereOnceAndHasASentenceOfItsOwn) {
  std::set<std::string_view> seen;
  for (const std::string_view point : points) {
    EXPECT_TRUE(seen.insert(point).second) << point;
    EXPECT_EQ(points[find_point(point).value()], point);
  }
  EXPECT_GE(point_count, 40U);
  EXPECT_EQ(find_point("nothing of the kind"), std::nullopt);
}

// A point that no watcher looks for is never reached, and a scenario that required it would fail for ever.
TEST(Coverage, EachPointIsLookedForSomewhere) {
  namespace fs = std::filesystem;
  std::string sources;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(NOMAD_SOURCE_DIR "/simulator")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    sources.append(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  for (const std::string_view point : points)
    EXPECT_NE(sources.find(fmt::format("\"{}\"", point)), std::string::npos) << point;
}

TEST(Coverage, CountsAndAdds) {
  Coverage a;
  Coverage b;
  a.reached("a leader was elected");
  b.reached("a leader was elected", 2);
  b.reached("a log was cut");
  a.add(b);
  EXPECT_EQ(a.count("a leader was elected"), 3U);
  EXPECT_EQ(a.count("a log was cut"), 1U);
  EXPECT_EQ(a.distinct(), 2U);
}

}  // namespace
}  // namespace simulator::coverage
