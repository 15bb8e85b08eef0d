// Functions of lists as sets: results are sorted, each item once.
#include <algorithm>

#include "core/hcl/function.hpp"

namespace core::hcl {
namespace {

using List = Value::List;

bool before(const Value& a, const Value& b) { return a < b; }

List as_set(const Value& list) {
  List out = list.as_list();
  std::ranges::sort(out, before);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

CallResult set_union(Arguments arguments, Budget& budget) {
  List out;
  for (const Value& list : arguments) {
    List joined;
    const List next = as_set(list);
    if (!budget.spend((out.size() + next.size()) * 8)) return too_much();
    std::ranges::set_union(out, next, std::back_inserter(joined), before);
    out = std::move(joined);
  }
  return Value(std::move(out));
}

CallResult set_intersection(Arguments arguments, Budget& budget) {
  List out = as_set(arguments[0]);
  for (const Value& list : arguments.subspan(1)) {
    List common;
    const List next = as_set(list);
    if (!budget.spend((out.size() + next.size()) * 8)) return too_much();
    std::ranges::set_intersection(out, next, std::back_inserter(common), before);
    out = std::move(common);
  }
  return Value(std::move(out));
}

CallResult set_product(Arguments arguments, Budget& budget) {
  std::uint64_t count = 1;
  std::uint64_t weight = 0;
  for (const Value& list : arguments) {
    count *= list.as_list().size();
    weight += list.weight();
    // Each result holds one item of every list: their weights bound its own.
    if (count > max_value_weight || count * weight > 4 * max_value_weight) return too_much();
  }
  if (!budget.spend(count * weight)) return too_much();
  std::vector<List> rows{{}};
  for (const Value& list : arguments) {
    std::vector<List> longer;
    for (const List& row : rows)
      for (const Value& item : list.as_list()) {
        longer.push_back(row);
        longer.back().push_back(item);
      }
    rows = std::move(longer);
  }
  List out;
  for (List& row : rows) out.emplace_back(std::move(row));
  return Value(std::move(out));
}

}  // namespace

void add_set_functions(Functions& out) {
  const Parameter first{"first_set", ParameterKind::list};
  const Parameter others{"other_sets", ParameterKind::list};
  out["setintersection"] = {{first}, others, set_intersection};
  out["setproduct"] = {{first, {"second_set", ParameterKind::list}}, others, set_product};
  out["setunion"] = {{first}, others, set_union};
}

}  // namespace core::hcl
