#include "simulator/coverage/coverage.hpp"

#include <set>
#include <string>

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
