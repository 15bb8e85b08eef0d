#include "simulator/search/slim.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>

#include <libfyaml.h>

namespace simulator::search {
namespace {

template <auto destroy>
struct With {
  template <class T>
  void operator()(T* what) const {
    destroy(what);
  }
};
using Document = std::unique_ptr<fy_document, With<fy_document_destroy>>;
using Text = std::unique_ptr<char, With<std::free>>;

fy_node* find(fy_node* mapping, const char* key) {
  return fy_node_mapping_lookup_by_string(mapping, key, static_cast<std::size_t>(-1));
}

// The text with only these entries of its timeline; nothing when it is not made of `entries` of them.
std::optional<std::string> text_with(const std::string& text, const std::set<std::uint32_t>& kept,
                                     std::size_t entries) {
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_DEFAULT_VERSION_AUTO);
  const Document document(fy_document_build_from_string(&config, text.data(), text.size()));
  fy_node* const root = document ? fy_document_root(document.get()) : nullptr;
  fy_node* const timeline = root != nullptr && fy_node_is_mapping(root) ? find(root, "timeline") : nullptr;
  if (timeline == nullptr || !fy_node_is_sequence(timeline)) return std::nullopt;
  if (fy_node_sequence_item_count(timeline) != static_cast<int>(entries)) return std::nullopt;
  for (std::size_t number = entries; number > 0; --number) {
    if (kept.contains(static_cast<std::uint32_t>(number - 1))) continue;
    fy_node* const entry = fy_node_sequence_get_by_index(timeline, static_cast<int>(number - 1));
    fy_node_free(fy_node_sequence_remove(timeline, entry));
  }
  if (fy_node* const about = fy_node_mapping_remove_by_key(root, fy_node_create_scalar(document.get(), "about", 5)))
    fy_node_free(about);
  const Text out(fy_emit_document_to_string(
      document.get(), static_cast<fy_emitter_cfg_flags>(FYECF_MODE_BLOCK | FYECF_WIDTH_INF | FYECF_INDENT_2)));
  return out ? std::optional(std::string(out.get())) : std::nullopt;
}

// "timeline/7.2" is the stream of an operation, "timeline/7" that of an entry.
std::optional<std::uint32_t> entry_of(std::string_view stream) {
  constexpr std::string_view purpose = "timeline/";
  std::uint32_t out = 0;
  if (!stream.starts_with(purpose)) return std::nullopt;
  stream.remove_prefix(purpose.size());
  const auto [stopped, error] = std::from_chars(stream.data(), stream.data() + stream.size(), out);
  return error == std::errc{} ? std::optional(out) : std::nullopt;
}

}  // namespace

std::optional<Slim> slim(const Scenario& scenario, const Case& played) {
  if (!played.only) return std::nullopt;
  // What is numbered past the timeline is not of it, and stays.
  const std::size_t entries = scenario.timeline.size();
  std::set<std::uint32_t> kept;
  for (const Operation& operation : *played.only)
    if (operation.entry < entries) kept.insert(operation.entry);
  const auto text = scenario.files.find(scenario.file);
  if (text == scenario.files.end()) return std::nullopt;
  const auto smaller = text_with(text->second, kept, entries);
  if (!smaller || smaller->size() >= text->second.size()) return std::nullopt;
  Files::Texts texts = scenario.files;
  texts[scenario.file] = *smaller;
  Files files(std::move(texts));
  auto read = load_scenario(scenario.file, files);
  if (!read || read->timeline.size() != kept.size()) return std::nullopt;
  Slim out{std::move(*read), {}};
  // Without the job files that only what is gone has named.
  const auto names = [](const Scenario& of, const std::string& file) {
    const auto runs = [&](const auto& entry) {
      const auto* const run = std::get_if<RunJob>(&entry.action);
      return run != nullptr && run->file == file;
    };
    return std::any_of(of.timeline.begin(), of.timeline.end(), runs) ||
           std::any_of(of.nemeses.begin(), of.nemeses.end(), runs);
  };
  std::erase_if(out.scenario.files,
                [&](const auto& file) { return names(scenario, file.first) && !names(out.scenario, file.first); });
  std::map<std::uint32_t, std::uint32_t> number_of;
  for (const std::uint32_t entry : kept) number_of.emplace(entry, static_cast<std::uint32_t>(number_of.size()));
  for (const Operation& operation : *played.only)
    if (operation.entry >= entries)
      number_of.emplace(operation.entry, static_cast<std::uint32_t>(operation.entry - entries + kept.size()));
  out.played.limit = played.limit;
  out.played.only.emplace();
  for (const Operation& operation : *played.only)
    out.played.only->insert({number_of.at(operation.entry), operation.occurrence});
  for (const auto& [name, values] : played.choices) {
    const auto entry = entry_of(name);
    if (!entry) {
      out.played.choices.emplace(name, values);
    } else if (const auto number = number_of.find(*entry); number != number_of.end()) {
      const auto dot = name.find('.');
      out.played.choices.emplace(
          "timeline/" + std::to_string(number->second) + (dot == std::string::npos ? "" : name.substr(dot)), values);
    }
  }
  return out;
}

}  // namespace simulator::search
