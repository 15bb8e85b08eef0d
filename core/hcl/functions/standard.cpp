// All functions together, and those that are known but not callable here.
#include <utility>

#include "core/hcl/function.hpp"

namespace core::hcl {

Functions standard_functions() {
  Functions out;
  add_collection_functions(out);
  add_date_functions(out);
  add_encoding_functions(out);
  add_format_functions(out);
  add_hash_functions(out);
  add_network_functions(out);
  add_number_functions(out);
  add_set_functions(out);
  add_string_functions(out);
  const auto refuse = [&](const char* reason, std::initializer_list<const char*> names) {
    for (const char* name : names) out[name].unavailable = reason;
  };
  refuse("it reads the files of the machine that parses, and parsing here has no files",
         {"abspath", "file", "filebase64", "fileexists", "fileset", "pathexpand", "templatefile"});
  refuse("its result depends on chance or on the clock, and parsing here has neither",
         {"bcrypt", "timestamp", "uuidv4"});
  refuse("this build does not have it", {"rsadecrypt", "yamldecode", "yamlencode"});
  return out;
}

}  // namespace core::hcl
