// Encodings of text: base64, URL, CSV; JSON through json.cpp.
#include <openssl/evp.h>

#include "core/hcl/function.hpp"
#include "core/hcl/functions/json.hpp"
#include "core/hcl/utf8.hpp"

namespace core::hcl {
namespace {

CallResult encode_base64(Arguments arguments, Budget&) {
  const std::string& text = arguments[0].as_string();
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return Value(std::move(out));
}

CallResult decode_base64(Arguments arguments, Budget&) {
  const std::string& text = arguments[0].as_string();
  const auto bad = [] { return call_error("failed to decode base64 data", 0); };
  const auto end = text.find('=');
  const auto padding = end == std::string::npos ? 0 : text.size() - end;
  static constexpr auto alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0 || padding > 2 || text.find_first_not_of(alphabet) != end) return bad();
  if (padding == 2 && text.back() != '=') return bad();
  std::string out(text.size() / 4 * 3 + 1, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) return bad();
  out.resize(static_cast<std::size_t>(length) - padding);
  if (find_invalid_utf8(out)) return call_error("the result of decoding the provided string is not valid UTF-8", 0);
  return Value(std::move(out));
}

// As Go's url.QueryEscape: a space is a plus.
CallResult encode_url(Arguments arguments, Budget& budget) {
  const std::string& text = arguments[0].as_string();
  if (!budget.spend(text.size() * 2)) return too_much();
  static constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '-' || c == '_' || c == '.' || c == '~')
      out += c;
    else if (c == ' ')
      out += '+';
    else
      out.append({'%', hex[byte >> 4], hex[byte & 15]});
  }
  return Value(std::move(out));
}

// RFC 4180, one row at a time.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}
  bool at_end() const { return text_.empty(); }

  /// Nothing when the row is malformed.
  std::optional<std::vector<std::string>> row() {
    std::vector<std::string> fields;
    while (true) {
      auto field = text_.starts_with('"') ? quoted() : std::optional(plain());
      if (!field) return std::nullopt;
      fields.push_back(std::move(*field));
      if (text_.starts_with(',')) {
        text_.remove_prefix(1);
        continue;
      }
      if (text_.starts_with('\r')) text_.remove_prefix(1);
      if (!text_.empty() && text_[0] != '\n') return std::nullopt;
      text_.remove_prefix(text_.empty() ? 0 : 1);
      return fields;
    }
  }

 private:
  std::string plain() {
    const auto end = std::min(text_.size(), text_.find_first_of(",\n"));
    std::string field(text_.substr(0, end));
    text_.remove_prefix(end);
    if (field.ends_with('\r')) field.pop_back();
    return field;
  }
  std::optional<std::string> quoted() {
    std::string field;
    text_.remove_prefix(1);
    while (true) {
      const auto end = text_.find('"');
      if (end == std::string_view::npos) return std::nullopt;
      field += text_.substr(0, end);
      text_.remove_prefix(end + 1);
      if (!text_.starts_with('"')) return field;
      field += '"';
      text_.remove_prefix(1);
    }
  }
  std::string_view text_;
};

CallResult decode_csv(Arguments arguments, Budget& budget) {
  CsvReader reader(arguments[0].as_string());
  if (reader.at_end()) return call_error("missing header line", 0);
  const auto header = reader.row();
  if (!header) return call_error("malformed header line", 0);
  std::size_t row_weight = 16;
  for (const auto& name : *header) row_weight += name.size() + 16;
  std::size_t weight = 0;
  Value::List out;
  for (std::size_t line = 2; !reader.at_end(); ++line) {
    const auto fields = reader.row();
    const auto where = "row " + std::to_string(line);
    if (!fields) return call_error(where + ": malformed field", 0);
    if (fields->size() == 1 && fields->front().empty()) continue;  // an empty line, as Go's reader
    if (fields->size() != header->size()) return call_error(where + ": wrong number of fields", 0);
    weight += row_weight;
    if (weight > max_value_weight || !budget.spend(row_weight)) return too_much();
    Value::Object row;
    for (std::size_t i = 0; i < fields->size(); ++i) row.insert_or_assign((*header)[i], Value((*fields)[i]));
    out.emplace_back(std::move(row));
  }
  return Value(std::move(out));
}

CallResult encode_json(Arguments arguments, Budget& budget) {
  if (!budget.spend(arguments[0].weight())) return too_much();
  return Value(to_json(arguments[0]));
}

CallResult decode_json(Arguments arguments, Budget&) { return from_json(arguments[0].as_string()); }

}  // namespace

void add_encoding_functions(Functions& out) {
  const Parameter text{"str", ParameterKind::string};
  out["base64decode"] = {{text}, {}, decode_base64};
  out["base64encode"] = {{text}, {}, encode_base64};
  out["csvdecode"] = {{text}, {}, decode_csv};
  out["jsondecode"] = {{text}, {}, decode_json};
  out["jsonencode"] = {{{"val", ParameterKind::any}}, {}, encode_json};
  out["urlencode"] = {{text}, {}, encode_url};
}

}  // namespace core::hcl
