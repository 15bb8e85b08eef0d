#include "simulator/scenario/yaml.hpp"

#include <memory>

#include <fmt/format.h>
#include <libfyaml.h>

namespace simulator::yaml {
namespace {

template <auto destroy>
struct With {
  template <class T>
  void operator()(T* what) const {
    destroy(what);
  }
};
using Document = std::unique_ptr<fy_document, With<fy_document_destroy>>;
using Parser = std::unique_ptr<fy_parser, With<fy_parser_destroy>>;
using Diagnostics = std::unique_ptr<fy_diag, With<fy_diag_destroy>>;

class Reader {
 public:
  explicit Reader(std::size_t file) : file_(file) {}

  std::expected<Value, Problem> read(fy_node* node, Place parent, int depth) {
    if (++values_ > max_values) return problem(parent, "more than 20000 values", "a smaller file");
    if (depth > max_depth) return problem(parent, "values nested more than 16 deep", "a flatter file");
    if (node == nullptr) return Value{parent, std::string()};
    Value out{place_of(node, parent), {}};
    if (fy_node_is_alias(node)) return problem(out.place, "an alias", "the value itself: aliases are not used here");
    switch (fy_node_get_type(node)) {
      case FYNT_SCALAR:
        out.content = text_of(node);
        return out;
      case FYNT_SEQUENCE: {
        List list;
        void* at = nullptr;
        while (fy_node* item = fy_node_sequence_iterate(node, &at)) {
          auto value = read(item, out.place, depth + 1);
          if (!value) return value;
          list.push_back(std::move(*value));
        }
        out.content = std::move(list);
        return out;
      }
      case FYNT_MAPPING: {
        Map map;
        void* at = nullptr;
        while (fy_node_pair* pair = fy_node_mapping_iterate(node, &at)) {
          fy_node* key = fy_node_pair_key(pair);
          if (key == nullptr || fy_node_get_type(key) != FYNT_SCALAR || fy_node_is_alias(key))
            return problem(out.place, "a key that is no word", "a word as key");
          Key named{place_of(key, out.place), text_of(key)};
          auto value = read(fy_node_pair_value(pair), named.place, depth + 1);
          if (!value) return value;
          map.emplace_back(std::move(named), std::move(*value));
        }
        out.content = std::move(map);
        return out;
      }
    }
    return problem(out.place, "something unreadable", "YAML");
  }

 private:
  static std::unexpected<Problem> problem(Place place, std::string found, std::string wanted) {
    return std::unexpected(Problem{place, std::move(found), std::move(wanted), ""});
  }
  static std::string text_of(fy_node* node) {
    std::size_t length = 0;
    const char* text = fy_node_get_scalar(node, &length);
    return text == nullptr ? std::string() : std::string(text, length);
  }
  // A sequence or a mapping begins where its first part does.
  Place place_of(fy_node* node, Place parent) {
    fy_token* token = nullptr;
    for (fy_node* at = node; at != nullptr && token == nullptr;) {
      switch (fy_node_get_type(at)) {
        case FYNT_SCALAR:
          token = fy_node_get_scalar_token(at);
          at = nullptr;
          break;
        case FYNT_SEQUENCE:
          at = fy_node_sequence_get_by_index(at, 0);
          break;
        case FYNT_MAPPING: {
          fy_node_pair* first = fy_node_mapping_get_by_index(at, 0);
          at = first == nullptr ? nullptr : fy_node_pair_key(first);
          break;
        }
      }
    }
    const fy_mark* mark = token == nullptr ? nullptr : fy_token_start_mark(token);
    return mark == nullptr ? parent : Place{mark->line + 1, mark->column + 1, file_};
  }

  std::size_t file_;
  std::size_t values_ = 0;
};

// Where a second document of the text begins, if there is one.
std::optional<Place> second_document(const fy_parse_cfg& config, std::string_view text, std::size_t file) {
  const Parser parser(fy_parser_create(&config));
  if (!parser || fy_parser_set_string(parser.get(), text.data(), text.size()) != 0) return std::nullopt;
  const Document first(fy_parse_load_document(parser.get()));
  const Document second(fy_parse_load_document(parser.get()));
  if (!second) return std::nullopt;
  const auto root = Reader(file).read(fy_document_root(second.get()), {1, 1, file}, 0);
  return root ? root->place : root.error().place;
}

// A byte that no text has: the parser would end there, and what follows be lost without a word.
std::optional<Problem> not_text(std::string_view text, std::size_t file) {
  int line = 1;
  int column = 1;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xfe || (byte < ' ' && c != '\n' && c != '\r' && c != '\t'))
      return Problem{{line, column, file}, fmt::format("the byte 0x{:02x}", byte), "text in UTF-8", ""};
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n' ? 1 : 0;
  }
  return std::nullopt;
}

}  // namespace

std::string Value::describe() const {
  constexpr std::size_t longest = 60;
  if (list() != nullptr) return "a list";
  if (map() != nullptr) return "a mapping";
  if (scalar()->empty()) return "nothing";
  if (scalar()->size() > longest) return fmt::format("\"{}...\"", scalar()->substr(0, longest));
  return fmt::format("\"{}\"", *scalar());
}

std::expected<Value, Problem> parse(std::string_view text, std::size_t file) {
  if (text.size() > max_bytes)
    return std::unexpected(Problem{{1, 1, file}, "a file of more than 128 KiB", "a scenario of at most 128 KiB", ""});
  if (auto problem = not_text(text, file)) return std::unexpected(std::move(*problem));
  fy_diag_cfg diag_config;
  fy_diag_cfg_default(&diag_config);
  diag_config.fp = nullptr;
  const Diagnostics diagnostics(fy_diag_create(&diag_config));
  fy_diag_set_collect_errors(diagnostics.get(), true);
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_AUTO);
  config.diag = diagnostics.get();
  const Document document(fy_document_build_from_string(&config, text.data(), text.size()));
  if (!document) {
    void* at = nullptr;
    const fy_diag_error* error = fy_diag_errors_iterate(diagnostics.get(), &at);
    if (error == nullptr) return std::unexpected(Problem{{1, 1, file}, "nothing", "a scenario", ""});
    return std::unexpected(Problem{{error->line, error->column, file}, error->msg, "well-formed YAML", ""});
  }
  if (const auto second = second_document(config, text, file))
    return std::unexpected(Problem{*second, "a second document", "one scenario a file", ""});
  return Reader(file).read(fy_document_root(document.get()), {1, 1, file}, 0);
}

}  // namespace simulator::yaml
