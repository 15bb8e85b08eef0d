#include "io-sim/arithmetic.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/base/check.hpp"

namespace io_sim {
namespace {

constexpr double ln2_high = 0x1.62e42fee00000p-1;  // 33 bits: times a small integer it is exact
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr int mantissa_bits = 52;
constexpr int exponent_bias = 1023;

template <std::size_t N>
double polynomial(const std::array<double, N>& coefficients, double x) {  // the highest power's first
  double sum = 0;
  for (const double one : coefficients) sum = sum * x + one;
  return sum;
}

}  // namespace

double natural_log(double x) {
  core::check(x > 0 && x <= 0x1.fffffffffffffp1023, "only positive numbers have a logarithm");
  int exponent = 0;
  if (x < 0x1p-1022) {  // subnormal
    x *= 0x1p54;
    exponent = -54;
  }
  auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> mantissa_bits) - exponent_bias;
  bits = (bits & ((1ULL << mantissa_bits) - 1)) | (static_cast<std::uint64_t>(exponent_bias) << mantissa_bits);
  auto mantissa = std::bit_cast<double>(bits);  // [1, 2)
  if (mantissa > 0x1.6a09e667f3bcdp0) {         // to either side of 1, so that the series converges fast
    mantissa *= 0.5;
    ++exponent;
  }
  // ln m = 2 artanh s = 2 (s + s^3/3 + s^5/5 + ...), |s| < 0.172.
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  double series = 0;
  for (int power = 23; power >= 3; power -= 2) series = (series + 1.0 / power) * square;
  return exponent * ln2_high + (2 * (s + s * series) + exponent * ln2_low);
}

double exponential(double x) {
  if (x < -700) return 0;
  if (x > 700) x = 700;
  const double halves = x / (ln2_high + ln2_low);
  const auto power = static_cast<std::int64_t>(halves < 0 ? halves - 0.5 : halves + 0.5);
  const double rest = (x - static_cast<double>(power) * ln2_high) - static_cast<double>(power) * ln2_low;
  double series = 1;
  for (int n = 16; n >= 1; --n) series = 1 + series * rest / n;
  return series * std::bit_cast<double>(static_cast<std::uint64_t>(power + exponent_bias) << mantissa_bits);
}

double normal_quantile(double p) {
  core::check(p > 0 && p < 1, "a quantile is of a probability within 0 and 1");
  static constexpr std::array middle_top{-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                         1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr std::array middle_bottom{-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                                            6.680131188771972e+01,  -1.328068155288572e+01, 1.0};
  static constexpr std::array tail_top{-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                       -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr std::array tail_bottom{7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                          3.754408661907416e+00, 1.0};
  constexpr double tail = 0.02425;
  if (p > 1 - tail) return -normal_quantile(1 - p);
  if (p < tail) {
    const double q = std::sqrt(-2 * natural_log(p));
    return polynomial(tail_top, q) / polynomial(tail_bottom, q);
  }
  const double q = p - 0.5;
  return q * polynomial(middle_top, q * q) / polynomial(middle_bottom, q * q);
}

}  // namespace io_sim
