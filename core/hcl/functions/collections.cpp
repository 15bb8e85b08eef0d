// Functions of lists and objects.
#include <fmt/core.h>

#include <algorithm>

#include "core/hcl/function.hpp"
#include "core/hcl/utf8.hpp"

namespace core::hcl {
namespace {

using List = Value::List;
using Object = Value::Object;

CallResult chunk_list(Arguments arguments, Budget&) {
  const auto& items = arguments[0].as_list();
  const auto size = arguments[1].as_int();
  if (!size || *size < 0) return call_error("the size argument must be a whole number, 0 or more", 1);
  if (*size == 0) return Value(List{arguments[0]});
  List out;
  List chunk;
  for (const Value& item : items) {
    chunk.push_back(item);
    if (chunk.size() == static_cast<std::uint64_t>(*size)) out.emplace_back(std::exchange(chunk, {}));
  }
  if (!chunk.empty()) out.emplace_back(std::move(chunk));
  return Value(std::move(out));
}

CallResult coalesce(Arguments arguments, Budget&) {
  for (const Value& value : arguments)
    if (!value.is_null() && !(value.is_string() && value.as_string().empty())) return value;
  return call_error("no non-null, non-empty-string arguments");
}

CallResult coalesce_list(Arguments arguments, Budget&) {
  for (const Value& value : arguments)
    if (!value.as_list().empty()) return value;
  return call_error("no non-null arguments");
}

CallResult compact(Arguments arguments, Budget&) {
  List out;
  for (const Value& item : arguments[0].as_list())
    if (!item.is_null() && !(item.is_string() && item.as_string().empty())) out.push_back(item);
  return Value(std::move(out));
}

CallResult concat(Arguments arguments, Budget& budget) {
  List out;
  std::size_t weight = 0;
  for (const Value& list : arguments) {
    weight += list.weight();
    if (weight > max_value_weight || !budget.spend(list.weight())) return too_much();
    out.insert(out.end(), list.as_list().begin(), list.as_list().end());
  }
  return Value(std::move(out));
}

CallResult contains(Arguments arguments, Budget&) {
  const auto& items = arguments[0].as_list();
  return Value(std::ranges::find(items, arguments[1]) != items.end());
}

CallResult distinct(Arguments arguments, Budget&) {
  List out;
  std::map<Value, bool> seen;
  for (const Value& item : arguments[0].as_list())
    if (seen.emplace(item, true).second) out.push_back(item);
  return Value(std::move(out));
}

CallResult element(Arguments arguments, Budget&) {
  const auto& items = arguments[0].as_list();
  const auto index = arguments[1].as_int();
  if (items.empty()) return call_error("cannot use element function with an empty list", 0);
  if (!index || *index < 0) return call_error("cannot use element function with a negative or fractional index", 1);
  return items[static_cast<std::uint64_t>(*index) % items.size()];
}

bool flatten_into(List& out, const Value& value, std::size_t& weight) {
  if (!value.is_list()) {
    weight += value.weight();
    out.push_back(value);
    return weight <= max_value_weight;
  }
  return std::ranges::all_of(value.as_list(), [&](const Value& item) { return flatten_into(out, item, weight); });
}

CallResult flatten(Arguments arguments, Budget&) {
  List out;
  std::size_t weight = 0;
  if (!flatten_into(out, arguments[0], weight)) return too_much();
  return Value(std::move(out));
}

CallResult index_of(Arguments arguments, Budget&) {
  const auto& items = arguments[0].as_list();
  const auto found = std::ranges::find(items, arguments[1]);
  if (found == items.end()) return call_error("item not found");
  return Value(found - items.begin());
}

CallResult keys(Arguments arguments, Budget&) {
  List out;
  for (const auto& [key, value] : arguments[0].as_object()) out.emplace_back(key);
  return Value(std::move(out));
}

CallResult values(Arguments arguments, Budget&) {
  List out;
  for (const auto& [key, value] : arguments[0].as_object()) out.push_back(value);
  return Value(std::move(out));
}

CallResult length(Arguments arguments, Budget&) {
  const Value& value = arguments[0];
  if (value.is_list()) return Value(value.as_list().size());
  if (value.is_object()) return Value(value.as_object().size());
  if (value.is_string()) return Value(code_points(value.as_string()).size());
  return call_error("argument must be a string, a collection type, or a structural type", 0);
}

// lookup(map, key) and lookup(map, key, default).
CallResult lookup(Arguments arguments, Budget&) {
  if (arguments.size() > 3) return call_error("takes two or three arguments");
  const auto& object = arguments[0].as_object();
  const std::string& key = arguments[1].as_string();
  if (const auto found = object.find(key); found != object.end()) return found->second;
  if (arguments.size() == 3) return arguments[2];
  return call_error(fmt::format("lookup failed to find key \"{}\"", key.substr(0, 100)));
}

CallResult merge(Arguments arguments, Budget& budget) {
  Object out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].is_null()) continue;
    if (!arguments[i].is_object()) return call_error("arguments must be maps or objects", i);
    if (!budget.spend(arguments[i].weight())) return too_much();
    for (const auto& [key, value] : arguments[i].as_object()) out.insert_or_assign(key, value);
  }
  return Value(std::move(out));
}

CallResult reverse(Arguments arguments, Budget&) {
  List out = arguments[0].as_list();
  std::ranges::reverse(out);
  return Value(std::move(out));
}

CallResult slice(Arguments arguments, Budget&) {
  const auto& items = arguments[0].as_list();
  const auto start = arguments[1].as_int();
  const auto end = arguments[2].as_int();
  if (!start || *start < 0) return call_error("start index must be a whole number, 0 or more", 1);
  if (!end || *end < *start) return call_error("end index must not be less than the start index", 2);
  if (*end > static_cast<std::int64_t>(items.size()))
    return call_error("end index must not be greater than the length of the list", 2);
  return Value(List(items.begin() + *start, items.begin() + *end));
}

CallResult sort(Arguments arguments, Budget&) {
  std::vector<std::string> texts;
  for (const Value& item : arguments[0].as_list()) {
    auto text = to_string(item);
    if (!text) return call_error("list of strings required", 0);
    texts.push_back(std::move(*text));
  }
  std::ranges::sort(texts);
  return Value(List(texts.begin(), texts.end()));
}

CallResult zip_map(Arguments arguments, Budget&) {
  const auto& names = arguments[0].as_list();
  const auto& items = arguments[1].as_list();
  if (names.size() != items.size())
    return call_error(
        fmt::format("number of keys ({}) does not match number of values ({})", names.size(), items.size()));
  Object out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto name = to_string(names[i]);
    if (!name) return call_error("list of strings required", 0);
    out.insert_or_assign(std::move(*name), items[i]);
  }
  return Value(std::move(out));
}

}  // namespace

void add_collection_functions(Functions& out) {
  const Parameter list{"list", ParameterKind::list};
  const Parameter lists{"lists", ParameterKind::list};
  const Parameter object{"inputMap", ParameterKind::object};
  const Parameter any{"value", ParameterKind::any};
  out["chunklist"] = {{list, {"size", ParameterKind::number}}, {}, chunk_list};
  out["coalesce"] = {{}, Parameter{"vals", ParameterKind::any}, coalesce};
  out["coalescelist"] = {{}, lists, coalesce_list};
  out["compact"] = {{list}, {}, compact};
  out["concat"] = {{}, lists, concat};
  out["contains"] = {{list, any}, {}, contains};
  out["distinct"] = {{list}, {}, distinct};
  out["element"] = {{list, {"index", ParameterKind::number}}, {}, element};
  out["flatten"] = {{list}, {}, flatten};
  out["index"] = {{list, any}, {}, index_of};
  out["keys"] = {{object}, {}, keys};
  out["length"] = {{{"value", ParameterKind::not_null}}, {}, length};
  out["lookup"] = {{object, {"key", ParameterKind::string}}, Parameter{"default", ParameterKind::any}, lookup};
  out["merge"] = {{}, Parameter{"maps", ParameterKind::any}, merge};
  out["reverse"] = {{list}, {}, reverse};
  out["slice"] = {{list, {"start_index", ParameterKind::number}, {"end_index", ParameterKind::number}}, {}, slice};
  out["sort"] = {{list}, {}, sort};
  out["values"] = {{object}, {}, values};
  out["zipmap"] = {{{"keys", ParameterKind::list}, {"values", ParameterKind::list}}, {}, zip_map};
}

}  // namespace core::hcl
