#include "io-sim/distribution.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "io-sim/arithmetic.hpp"

namespace io_sim {
namespace {

using namespace std::chrono_literals;

double relative(double found, double wanted) { return std::abs(found - wanted) / std::abs(wanted); }

TEST(Arithmetic, AgreesWithTheLibraryCloselyEnough) {
  for (double x = 1e-300; x < 1e300; x *= 1.7) {
    if (x > 0.9 && x < 1.1) continue;  // the logarithm is near zero there
    EXPECT_LT(relative(natural_log(x), std::log(x)), 1e-14) << x;
  }
  EXPECT_EQ(natural_log(1), 0);
  EXPECT_LT(relative(natural_log(0x1p-1060), std::log(0x1p-1060)), 1e-14);
  for (double x = -690; x < 690; x += 0.37) EXPECT_LT(relative(exponential(x), std::exp(x)), 1e-14) << x;
  EXPECT_EQ(exponential(0), 1);
  EXPECT_EQ(exponential(-1000), 0);
  for (double p = 1e-7; p < 1; p += 0.00037) {
    const double x = normal_quantile(p);
    EXPECT_NEAR(0.5 * std::erfc(-x / std::sqrt(2.0)), p, 1e-8) << p;
  }
}

// The bits themselves: a compiler or build that computes others would give other runs.
TEST(Arithmetic, HasTheseBits) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(natural_log(10)), 0x40026bb1bbb55516U);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(exponential(1)), 0x4005bf0a8b14576aU);
  std::uint64_t all = 0;
  for (int i = 1; i < 1000; ++i) {
    all = std::rotl(all, 7) ^ std::bit_cast<std::uint64_t>(normal_quantile(i / 1000.0));
    all = std::rotl(all, 7) ^ std::bit_cast<std::uint64_t>(exponential(natural_log(i) / 3));
  }
  EXPECT_EQ(all, 4448688767789463117U);
}

TEST(Distribution, HasTheQuantilesOfItsKind) {
  EXPECT_EQ(Distribution::constant(3ms).quantile(0.99), 3ms);
  EXPECT_EQ(Distribution::uniform(2ms, 4ms).quantile(0.5), 3ms);
  EXPECT_NEAR(static_cast<double>(Distribution::normal(10ms, 2ms).quantile(0.975).count()), 13.92e6, 1e4);
  EXPECT_EQ(Distribution::normal(1ms, 2ms, 500us).quantile(0.1), 500us);
  EXPECT_NEAR(static_cast<double>(Distribution::log_normal(1ms, 1).quantile(0.5).count()), 1e6, 1);
  EXPECT_NEAR(static_cast<double>(Distribution::log_normal(1ms, 1).quantile(0.99).count()), 10.24e6, 1e4);
  EXPECT_EQ(Distribution::pareto(1ms, 2).quantile(0), 1ms);
  EXPECT_NEAR(static_cast<double>(Distribution::pareto(1ms, 2).quantile(0.99).count()), 10e6, 1);
  const Distribution measured = Distribution::samples({4ms, 1ms, 2ms});
  EXPECT_EQ(measured.quantile(0), 1ms);
  EXPECT_EQ(measured.quantile(0.5), 2ms);
  EXPECT_EQ(measured.quantile(0.75), 3ms);
}

TEST(Distribution, DrawsWhatItsQuantilesSay) {
  const Distribution kinds[] = {Distribution::uniform(1ms, 3ms), Distribution::normal(5ms, 1ms),
                                Distribution::log_normal(1ms, 0.5), Distribution::pareto(1ms, 1.2),
                                Distribution::samples({1ms, 5ms, 2ms, 9ms})};
  for (const Distribution& kind : kinds) {
    Choices choices(7);
    Stream chance = choices.stream("x");
    int below_median = 0;
    int beyond_the_tail = 0;
    for (int i = 0; i < 4000; ++i) {
      const core::Duration drawn = kind.draw(chance);
      below_median += drawn < kind.quantile(0.5);
      beyond_the_tail += drawn > kind.quantile(0.9);
      EXPECT_LE(drawn, kind.quantile(1 - 0x1p-24));
    }
    EXPECT_NEAR(below_median, 2000, 150);
    EXPECT_NEAR(beyond_the_tail, 400, 80);
  }
}

TEST(Distribution, IsMonotoneSoThatSmallerDrawsAreShorter) {
  for (const Distribution& kind : {Distribution::normal(5ms, 4ms), Distribution::log_normal(1ms, 1.5),
                                   Distribution::pareto(1us, 0.7), Distribution::samples({9ms, 1ms})}) {
    core::Duration last{};
    for (double p = 0; p < 1; p += 0.0005) {
      EXPECT_GE(kind.quantile(p), last);
      last = kind.quantile(p);
    }
  }
}

TEST(Distribution, ATailStretchesAShareOfTheDraws) {
  Choices choices(7);
  Stream chance = choices.stream("x");
  const Distribution slow = Distribution::constant(1ms).with_tail(0.25, 100ms);
  int stretched = 0;
  for (int i = 0; i < 1000; ++i) stretched += slow.draw(chance) > 1ms;
  EXPECT_NEAR(stretched, 250, 60);
}

TEST(Distribution, IsNeverLongerThanADay) {
  EXPECT_EQ(Distribution::pareto(1s, 0.05).quantile(0.9999), Distribution::longest);
}

TEST(Distribution, ReadsSamplesAndSaysWhatIsWrongWithThem) {
  const auto read = Distribution::parse_samples("# round trips, Frankfurt to Dublin\n20.5ms\n\n 21ms\r\n900us");
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(read->quantile(0), 900us);
  EXPECT_EQ(read->quantile(0.5), 20500us);
  EXPECT_EQ(Distribution::parse_samples("1ms\n2 parsecs").error(),
            "line 2: found \"2 parsecs\", wanted a duration, as 350us or 1.5ms");
  EXPECT_EQ(Distribution::parse_samples("-1ms").error(),
            "line 1: found \"-1ms\", wanted a duration, as 350us or 1.5ms");
  EXPECT_FALSE(Distribution::parse_samples("\n# none\n").has_value());
  EXPECT_FALSE(Distribution::parse_samples("nan").has_value());
}

}  // namespace
}  // namespace io_sim
