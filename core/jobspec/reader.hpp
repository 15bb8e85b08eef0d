// Configuration bodies to JSON objects, led by the tables of the structs they describe.
//
// What comes out has the spelling of the HTTP API and holds only what was written, so that defaults can be filled in
// and several files merged before a struct is made of it (describe::from_json). Every value has been checked against
// its field's type: what comes out can be read.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "core/describe/type.hpp"
#include "core/hcl/hcl.hpp"

namespace core::jobspec {

/// Where a struct's keys are not its field names (a trailing '_' is dropped anyway).
struct KeyRule {
  std::string_view type;   // name of the struct
  std::string_view field;  // as in C++
  std::string_view key;    // as files write it; empty: files cannot write it
  std::string_view label;  // of a block: the field of its struct that its label fills
};

using Context = std::shared_ptr<const hcl::EvalContext>;

class BodyReader;
/// A struct whose block is written in a form of its own.
struct SpecialForm {
  std::string_view type;
  boost::json::object (*read)(BodyReader& reader, const hcl::Body& body, const Context& context);
};

class BodyReader {
 public:
  struct Options {
    std::span<const KeyRule> rules;
    std::span<const SpecialForm> forms;
    /// Blocks that may stand once are refused the second time (job files), or merged (agent configuration).
    bool merge_repeated = false;
    /// "unexpected keys x" in place of HCL2's texts.
    bool plain_unknown_keys = false;
  };

  BodyReader(Options options, hcl::Diagnostics& out) : options_(options), out_(out) {}

  /// The keys of all `types` in one body. Keys none of them knows are reported.
  boost::json::object read(const hcl::Body& body, std::span<const describe::Type* const> types, const Context& context);
  template <class... T>
  boost::json::object read_as(const hcl::Body& body, const Context& context) {
    const describe::Type* const types[] = {&describe::type_of<T>()...};
    return read(body, types, context);
  }
  hcl::Diagnostics& diagnostics() { return out_; }

 private:
  struct Key {
    const describe::Field* field;
    std::string name;
    std::string_view label;
    bool is_block = false;
  };

  std::vector<Key> keys_of(std::span<const describe::Type* const> types) const;
  void check_known(const hcl::Body& body, const std::vector<Key>& keys);
  void read_key(const Key& key, const hcl::Body& body, const Context& context, boost::json::object& into);
  void read_attribute(const Key& key, const hcl::Attribute& attribute, const Context& context,
                      boost::json::object& into);
  void read_free_form(const Key& key, const hcl::Body& body, const Context& context, boost::json::object& into);
  void read_blocks(const Key& key, const hcl::Body& body, const Context& context, boost::json::object& into);
  boost::json::object read_struct(const describe::Type& type, const hcl::Body& body, const Context& context);

  Options options_;
  hcl::Diagnostics& out_;
};

/// The value as the JSON a field of `type` is read from, or nothing, with the kind that was wanted in `wanted`.
std::optional<boost::json::value> to_field_json(const describe::Type& type, const hcl::Value& value,
                                                std::string& wanted);

/// Any value as JSON: what opaque parts (`config`) become.
boost::json::value to_json(const hcl::Value& value);

/// Adds the keys of `more` that `into` does not hold; objects in both are filled the same way.
void fill_missing(boost::json::object& into, const boost::json::object& more);

}  // namespace core::jobspec
