// Functions of numbers.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/hcl/function.hpp"

namespace core::hcl {
namespace {

CallResult real(double number) {
  if (!std::isfinite(number)) return call_error("the result is not a finite number");
  return Value(number);
}

template <double (*round)(double)>
CallResult rounded(Arguments arguments, Budget&) {
  if (arguments[0].as_int()) return arguments[0];
  return real(round(arguments[0].as_double()));
}

CallResult absolute(Arguments arguments, Budget&) {
  const auto whole = arguments[0].as_int();
  if (whole && *whole != std::numeric_limits<std::int64_t>::min()) return Value(*whole < 0 ? -*whole : *whole);
  return real(std::fabs(arguments[0].as_double()));
}

CallResult logarithm(Arguments arguments, Budget&) {
  return real(std::log(arguments[0].as_double()) / std::log(arguments[1].as_double()));
}

CallResult power(Arguments arguments, Budget&) {
  return real(std::pow(arguments[0].as_double(), arguments[1].as_double()));
}

CallResult signum(Arguments arguments, Budget&) {
  const Value& number = arguments[0];
  return Value(number < Value(0) ? -1 : Value(0) < number ? 1 : 0);
}

template <bool largest>
CallResult extreme(Arguments arguments, Budget&) {
  Value best = arguments[0];
  for (const Value& number : arguments.subspan(1))
    if (largest ? best < number : number < best) best = number;
  return best;
}

CallResult parse_int(Arguments arguments, Budget&) {
  const auto base = arguments[1].as_int();
  if (!base || *base < 2 || *base > 36) return call_error("base must be a whole number between 2 and 36 inclusive", 1);
  const std::string& text = arguments[0].as_string();
  std::int64_t number = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), number, static_cast<int>(*base));
  if (done.ec != std::errc{} || done.ptr != text.data() + text.size())
    return call_error("cannot parse \"" + text.substr(0, 100) + "\" as a base " + std::to_string(*base) + " integer",
                      0);
  return Value(number);
}

// range(end), range(start, end), range(start, end, step).
CallResult range(Arguments arguments, Budget&) {
  if (arguments.size() > 3) return call_error("takes one to three arguments");
  const double start = arguments.size() > 1 ? arguments[0].as_double() : 0;
  const double end = arguments.size() > 1 ? arguments[1].as_double() : arguments[0].as_double();
  const double step = arguments.size() > 2 ? arguments[2].as_double() : end < start ? -1 : 1;
  if (step == 0) return call_error("step must not be zero", 2);
  if (start != end && (end < start) != (step < 0)) return call_error("the step leads away from the end", 2);
  Value::List out;
  for (double at = start; step > 0 ? at < end : at > end; at += step) {
    if (out.size() == max_range_items)
      return call_error(
          "more than 1024 values were generated; either decrease the difference between start and end or use a larger "
          "step");
    out.emplace_back(at);
    if (at + step == at) return call_error("the step is too small");
  }
  return Value(std::move(out));
}

}  // namespace

void add_number_functions(Functions& out) {
  const Parameter number{"num", ParameterKind::number};
  out["abs"] = {{number}, {}, absolute};
  out["ceil"] = {{number}, {}, rounded<std::ceil>};
  out["floor"] = {{number}, {}, rounded<std::floor>};
  out["log"] = {{number, {"base", ParameterKind::number}}, {}, logarithm};
  out["max"] = {{{"numbers", ParameterKind::number}}, Parameter{"numbers", ParameterKind::number}, extreme<true>};
  out["min"] = {{{"numbers", ParameterKind::number}}, Parameter{"numbers", ParameterKind::number}, extreme<false>};
  out["parseint"] = {{{"number", ParameterKind::string}, {"base", ParameterKind::number}}, {}, parse_int};
  out["pow"] = {{number, {"power", ParameterKind::number}}, {}, power};
  out["range"] = {{{"params", ParameterKind::number}}, Parameter{"params", ParameterKind::number}, range};
  out["signum"] = {{number}, {}, signum};
}

}  // namespace core::hcl
