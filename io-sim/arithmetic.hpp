// Logarithm, exponential and the normal distribution's quantiles, the same bits on every compiler and build.
//
// A libm's log and exp differ in the last bit from version to version, and one bit turned is another run. These are
// made of + - * / and square roots only, which IEEE 754 rounds in one way (we build without contraction).
#pragma once

namespace io_sim {

/// Natural logarithm of a positive, finite number, within two units of the last place.
double natural_log(double x);
/// e to the x; 0 below -700, and e^700 above 700.
double exponential(double x);
/// The number below which a standard normal variable stays with probability `p`, 0 < p < 1.
/// Acklam's rational approximation: relative error at most 1.2e-9.
double normal_quantile(double p);

}  // namespace io_sim
