#include "core/jobspec/job_diff.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "core/describe/compare.hpp"
#include "core/describe/scalar.hpp"

namespace core::jobspec {
namespace {

namespace json = boost::json;
using describe::Field;
using describe::Kind;
using describe::Type;

constexpr std::string_view none = "None";
constexpr std::string_view added = "Added";
constexpr std::string_view deleted = "Deleted";
constexpr std::string_view edited = "Edited";

using Flat = std::map<std::string, std::string>;

// One value beside the other; null for a side that is not there.
struct Pair {
  const void* before;
  const void* after;
};

const Type& bare(const Type& type) {
  return type.kind == Kind::optional || type.kind == Kind::shared ? bare(type.element()) : type;
}

const void* unwrap(const Type& type, const void* at) {
  if (at == nullptr || (type.kind != Kind::optional && type.kind != Kind::shared)) return at;
  return unwrap(type.element(), type.get(at));
}

bool is_plain(const Type& type) {
  switch (bare(type).kind) {
    case Kind::structure:
    case Kind::list:
    case Kind::map:
    case Kind::variant:
    case Kind::json:
      return false;
    default:
      return true;
  }
}

std::string plain_text(const Type& type, const void* at) {
  switch (type.kind) {
    case Kind::boolean:
      return *static_cast<const bool*>(at) ? "true" : "false";
    case Kind::integer:
      return fmt::to_string(describe::read_integer(type, at));
    case Kind::natural:
      return fmt::to_string(describe::read_natural(type, at));
    case Kind::floating:
      return fmt::to_string(*static_cast<const double*>(at));
    case Kind::duration:
      return fmt::to_string(static_cast<const Duration*>(at)->count());
    case Kind::text:
      return *static_cast<const std::string*>(at);
    case Kind::bytes:
      return static_cast<const Bytes*>(at)->data;
    case Kind::enumeration:
      for (const auto& enumerator : type.enumerators)
        if (enumerator.value == describe::read_integer(type, at)) return enumerator.name;
      return {};
    default:
      return {};
  }
}

// Free-form data under keys as Nomad flattens them: args[0], mounts[0][type].
void flatten(const json::value& value, const std::string& name, Flat& out) {
  if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) flatten((*array)[i], fmt::format("{}[{}]", name, i), out);
  } else if (const auto* object = value.if_object()) {
    for (const auto& [key, item] : *object)
      flatten(item, name.empty() ? std::string(key) : fmt::format("{}[{}]", name, std::string_view(key)), out);
  } else if (!value.is_null()) {
    out[name] = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
  }
}

// The texts of a structure's own fields: plain ones, and maps of them.
void flatten_fields(const Type& type, const void* object, const std::set<std::string>& skipped, Flat& out) {
  if (object == nullptr) return;
  for (const Field& field : type.fields) {
    if (skipped.contains(std::string(field.name))) continue;
    const Type& inner = bare(field.type());
    const void* at = unwrap(field.type(), field.in(object));
    if (is_plain(inner)) {
      out[field.json_name] = at == nullptr ? "" : plain_text(inner, at);
    } else if (inner.kind == Kind::map && is_plain(inner.element()) && at != nullptr) {
      struct Visit {
        Flat& out;
        const std::string& name;
        const Type& element;
      } visit{out, field.json_name, inner.element()};
      inner.map_each(at, &visit, [](void* context, const void* key, const void* value) {
        const auto& v = *static_cast<Visit*>(context);
        v.out[fmt::format("{}[{}]", v.name, *static_cast<const std::string*>(key))] = plain_text(v.element, value);
      });
    }
  }
}

std::vector<FieldDiff> field_diffs(const Flat& before, const Flat& after, bool contextual) {
  std::set<std::string> names;
  for (const auto& [name, text] : before) names.insert(name);
  for (const auto& [name, text] : after) names.insert(name);
  std::vector<FieldDiff> out;
  const auto text_in = [](const Flat& flat, const std::string& name) {
    const auto found = flat.find(name);
    return found == flat.end() ? std::string() : found->second;
  };
  for (const std::string& name : names) {
    FieldDiff diff{.name = name, .old = text_in(before, name), .new_ = text_in(after, name)};
    if (diff.old == diff.new_ && !contextual) continue;
    diff.type = diff.old == diff.new_ ? none : diff.old.empty() ? added : diff.new_.empty() ? deleted : edited;
    out.push_back(std::move(diff));
  }
  return out;
}

std::string_view type_of_pair(const Pair& pair) {
  return pair.before == nullptr ? added : pair.after == nullptr ? deleted : edited;
}

// What Nomad calls an item of the list.
std::string item_name(const Field& field) {
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"networks", "Network"},
      {"checks", "Check"},
      {"devices", "Device"},
      {"dynamic_ports", "Dynamic Port"},
      {"reserved_ports", "Static Port"},
      {"volumes", "VolumeRequest"},
      {"regions", "Region"},
  };
  for (const auto& [name, item] : names)
    if (name == field.name) return std::string(item);
  return bare(bare(field.type()).element()).name;
}

// What changed among a structure's own parts that are no plain fields.
class Objects {
 public:
  Objects(bool contextual, std::vector<ObjectDiff>& out) : contextual_(contextual), out_(out) {}

  void add_all(const Type& type, const Pair& pair, const std::set<std::string>& skipped) {
    for (const Field& field : type.fields) {
      if (skipped.contains(std::string(field.name))) continue;
      const auto side = [&](const void* object) {
        return object == nullptr ? nullptr : unwrap(field.type(), field.in(object));
      };
      add(field, bare(field.type()), {side(pair.before), side(pair.after)});
    }
    std::ranges::stable_sort(out_, {}, &ObjectDiff::name);
  }

 private:
  void add(const Field& field, const Type& type, const Pair& pair) {
    if (type.kind == Kind::structure) {
      add_structure(field.json_name, type, pair);
    } else if (type.kind == Kind::json) {
      add_free_form(field.json_name, pair);
    } else if (type.kind == Kind::list) {
      if (is_plain(type.element()))
        add_set(field.json_name, type, pair);
      else
        add_list(item_name(field), type, pair);
    } else if (type.kind == Kind::map && !is_plain(type.element())) {
      add_map(field, type, pair);
    }
  }

  void add_structure(const std::string& name, const Type& type, const Pair& pair) {
    if (pair.before == nullptr && pair.after == nullptr) return;
    if (pair.before != nullptr && pair.after != nullptr && compare(type, pair.before, pair.after) == 0) return;
    ObjectDiff diff{.type = std::string(type_of_pair(pair)), .name = name};
    Flat before;
    Flat after;
    flatten_fields(type, pair.before, {}, before);
    flatten_fields(type, pair.after, {}, after);
    diff.fields = field_diffs(before, after, contextual_);
    Objects(contextual_, diff.objects).add_all(type, pair, {});
    out_.push_back(std::move(diff));
  }

  void add_free_form(const std::string& name, const Pair& pair) {
    Flat before;
    Flat after;
    if (pair.before) flatten(*static_cast<const json::value*>(pair.before), "", before);
    if (pair.after) flatten(*static_cast<const json::value*>(pair.after), "", after);
    if (before == after) return;
    ObjectDiff diff{.type = std::string(before.empty() ? added : after.empty() ? deleted : edited), .name = name};
    diff.fields = field_diffs(before, after, contextual_);
    out_.push_back(std::move(diff));
  }

  // Texts in a list count as a set: what came and what went.
  void add_set(const std::string& name, const Type& type, const Pair& pair) {
    const auto texts = [&](const void* list) {
      std::set<std::string> out;
      for (std::size_t i = 0; list != nullptr && i < type.list_size(list); ++i)
        out.insert(plain_text(bare(type.element()), unwrap(type.element(), type.list_at(list, i))));
      return out;
    };
    const std::set<std::string> before = texts(pair.before);
    const std::set<std::string> after = texts(pair.after);
    if (before == after) return;
    ObjectDiff diff{.type = std::string(before.empty() ? added : after.empty() ? deleted : edited), .name = name};
    for (const std::string& text : after)
      if (!before.contains(text)) diff.fields.push_back({.type = std::string(added), .name = name, .new_ = text});
    for (const std::string& text : before) {
      if (!after.contains(text))
        diff.fields.push_back({.type = std::string(deleted), .name = name, .old = text});
      else if (contextual_)
        diff.fields.push_back({.type = std::string(none), .name = name, .old = text, .new_ = text});
    }
    std::ranges::stable_sort(diff.fields, {}, [](const FieldDiff& f) { return std::tie(f.name, f.old, f.new_); });
    out_.push_back(std::move(diff));
  }

  // Items with a name are matched by it; any other by being equal.
  void add_list(const std::string& name, const Type& type, const Pair& pair) {
    const Type& item = bare(type.element());
    const Field* key = item.field("name");
    const auto items = [&](const void* list) {
      std::vector<const void*> out;
      for (std::size_t i = 0; list != nullptr && i < type.list_size(list); ++i) out.push_back(type.list_at(list, i));
      return out;
    };
    std::vector<const void*> before = items(pair.before);
    std::vector<const void*> after = items(pair.after);
    const auto same = [&](const void* a, const void* b) {
      return key ? compare(key->type(), key->in(a), key->in(b)) == 0 : compare(item, a, b) == 0;
    };
    for (const void* old_item : before) {
      const auto match = std::ranges::find_if(after, [&](const void* candidate) { return same(old_item, candidate); });
      add_structure(name, item, {old_item, match == after.end() ? nullptr : *match});
      if (match != after.end()) after.erase(match);
    }
    for (const void* new_item : after) add_structure(name, item, {nullptr, new_item});
  }

  void add_map(const Field& field, const Type& type, const Pair& pair) {
    const Type& item = bare(type.element());
    using Items = std::map<std::string, const void*>;
    const auto items = [&](const void* map) {
      Items out;
      if (map != nullptr)
        type.map_each(map, &out, [](void* context, const void* key, const void* value) {
          (*static_cast<Items*>(context))[*static_cast<const std::string*>(key)] = value;
        });
      return out;
    };
    const Items before = items(pair.before);
    const Items after = items(pair.after);
    std::set<std::string> names;
    for (const auto& [name, at] : before) names.insert(name);
    for (const auto& [name, at] : after) names.insert(name);
    for (const std::string& name : names) {
      const Pair both{before.contains(name) ? before.at(name) : nullptr,
                      after.contains(name) ? after.at(name) : nullptr};
      if (item.kind == Kind::structure)
        add_structure(item_name(field), item, both);
      else if (item.kind == Kind::list)
        add_set(fmt::format("{}[{}]", field.json_name, name), item, both);
    }
  }

  bool contextual_;
  std::vector<ObjectDiff>& out_;
};

// Fields and objects of one level, and its type.
template <class Diff, class T>
void compare_level(Diff& out, const T* before, const T* after, const std::set<std::string>& skipped, bool contextual) {
  const Type& type = describe::type_of<T>();
  Flat old_fields;
  Flat new_fields;
  flatten_fields(type, before, skipped, old_fields);
  flatten_fields(type, after, skipped, new_fields);
  out.fields = field_diffs(old_fields, new_fields, false);
  Objects(contextual, out.objects).add_all(type, {before, after}, skipped);
  if (before == nullptr || after == nullptr)
    out.type = before == nullptr ? added : deleted;
  else
    out.type = out.fields.empty() && out.objects.empty() ? none : edited;
}

// Pairs the items of both lists by name, in the names' order.
template <class T, class Visit>
void by_name(const std::vector<T>* before, const std::vector<T>* after, const Visit& visit) {
  std::map<std::string, std::pair<const T*, const T*>> pairs;
  if (before)
    for (const T& item : *before) pairs[item.name].first = &item;
  if (after)
    for (const T& item : *after) pairs[item.name].second = &item;
  for (const auto& [name, pair] : pairs) visit(name, pair.first, pair.second);
}

TaskDiff task_diff(const std::string& name, const model::Task* before, const model::Task* after, bool contextual) {
  TaskDiff out;
  out.name = name;
  compare_level(out, before, after, {"name"}, contextual);
  return out;
}

TaskGroupDiff group_diff(const std::string& name, const model::TaskGroup* before, const model::TaskGroup* after,
                         bool contextual) {
  TaskGroupDiff out;
  out.name = name;
  compare_level(out, before, after, {"name", "tasks"}, contextual);
  by_name(before ? &before->tasks : nullptr, after ? &after->tasks : nullptr,
          [&](const std::string& task, const model::Task* a, const model::Task* b) {
            TaskDiff diff = task_diff(task, a, b, contextual);
            if (diff.type != none && out.type == none) out.type = edited;
            if (diff.type != none || contextual) out.tasks.push_back(std::move(diff));
          });
  return out;
}

}  // namespace

JobDiff diff(const model::Job* old_job, const model::Job* new_job, bool contextual) {
  // What the server keeps of a job, and what its groups repeat, is no change of the job.
  static const std::set<std::string> skipped{"id",           "status",       "status_description", "version",
                                             "stable",       "create_index", "modify_index",       "job_modify_index",
                                             "update",       "submit_time",  "nomad_token_id",     "vault_token",
                                             "consul_token", "task_groups"};
  JobDiff out;
  if (old_job == nullptr && new_job == nullptr) {
    out.type = none;
    return out;
  }
  out.id = (new_job ? new_job : old_job)->id;
  compare_level(out, old_job, new_job, skipped, contextual);
  by_name(old_job ? &old_job->task_groups : nullptr, new_job ? &new_job->task_groups : nullptr,
          [&](const std::string& group, const model::TaskGroup* a, const model::TaskGroup* b) {
            TaskGroupDiff diff = group_diff(group, a, b, contextual);
            if (diff.type != none && out.type == none) out.type = edited;
            out.task_groups.push_back(std::move(diff));
          });
  return out;
}

}  // namespace core::jobspec
