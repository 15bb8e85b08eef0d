#include "simulator/search/replay_file.hpp"

#include <charconv>
#include <set>

#include <fmt/format.h>

#include "core/describe/hash.hpp"
#include "simulator/scenario/problem.hpp"
#include "simulator/search/packing.hpp"

namespace simulator::search {
namespace {

constexpr std::string_view magic = "nomad-sim replay file, format ";
constexpr std::string_view format = "1";
constexpr std::size_t most_plain = std::size_t{64} << 10;  // bytes of streams in plain text; what is longer is packed
constexpr std::size_t packed_line = 100;
constexpr std::size_t max_unpacked = std::size_t{64} << 20;

std::uint64_t hash_of_text(std::string_view text) {
  core::describe::Hasher hasher;
  hasher.add(text);
  return hasher.value();
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  return text;
}

// A stream's name as one word: "world/disk%20faults".
std::string word_of(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == ' ' ? "%20" : c == '%' ? "%25" : std::string(1, c);
  return out;
}

std::string name_of(std::string_view word) {
  std::string out;
  for (; !word.empty(); word.remove_prefix(1)) {
    const bool escaped = word.starts_with("%20") || word.starts_with("%25");
    out += word.starts_with("%20") ? ' ' : word[0];
    if (escaped) word.remove_prefix(2);
  }
  return out;
}

std::string plain_streams(const io_sim::Script& script) {
  std::string out;
  for (const auto& [name, values] : script) out += fmt::format("stream {} {}\n", word_of(name), plain_text(values));
  return out;
}

std::string packed_streams(const io_sim::Script& script) {
  std::string out;
  const std::string packed = pack(bytes_of(script));
  for (std::size_t at = 0; at < packed.size(); at += packed_line)
    out += fmt::format("packed {}\n", packed.substr(at, packed_line));
  return out;
}

std::string lines_of(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out += fmt::format("{}{}\n", end == std::string_view::npos ? '+' : '|', text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

template <class T>
bool parse_number(std::string_view text, T& into, int base = 10) {
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return !text.empty() && error == std::errc{} && stopped == text.data() + text.size();
}

// The word before the first space; the text is then what follows it.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<ReplayFile, std::string> parse() {
    if (const std::string wrong = check_ends(); !wrong.empty()) return std::unexpected(wrong);
    while (!text_.empty()) {
      ++line_;
      std::string_view line = text_.substr(0, text_.find('\n'));
      text_.remove_prefix(line.size() + 1);
      if (const std::string wrong = take(line); !wrong.empty())
        return std::unexpected(fmt::format("line {}: {}", line_, wrong));
    }
    if (!packed_.empty()) {
      const auto bytes = unpack(packed_, max_unpacked);
      auto script = bytes ? parse_script(*bytes) : std::nullopt;
      if (!script) return std::unexpected("found packed choices that cannot be unpacked, wanted a whole replay file");
      out_.played.choices.merge(*script);
      if (!script->empty())
        return std::unexpected(
            fmt::format("found the stream {} packed and in plain text, wanted it once", script->begin()->first));
    }
    if (!out_.files.contains(out_.scenario))
      return std::unexpected(fmt::format("found no text of the scenario \"{}\", wanted it inside", out_.scenario));
    return std::move(out_);
  }

 private:
  // The first line and the last: of what kind and format it is, and whether it is whole.
  std::string check_ends() {
    if (!is_replay_file(text_)) return fmt::format("found no first line \"{}{}\", wanted a replay file", magic, format);
    const std::string_view first = text_.substr(0, text_.find('\n'));
    if (first.size() == text_.size() || first.size() < magic.size()) return cut_short;
    const std::string_view version = first.substr(magic.size());
    if (version != format)
      return fmt::format(
          "found a replay file of format \"{}\", wanted format {}: replay it with the build that saved it",
          one_line(std::string(version.substr(0, 20))), format);
    if (!text_.ends_with('\n')) return cut_short;
    const auto before_last = text_.rfind('\n', text_.size() - 2);
    std::string_view last = text_.substr(before_last + 1, text_.size() - before_last - 2);
    if (take_word(last) != "end") return cut_short;
    const std::string_view body = text_.substr(0, before_last + 1);
    std::uint64_t hash = 0;
    if (!parse_number(last, hash, 16) || hash != hash_of_text(body))
      return fmt::format(
          "found another content than the one that was saved, whose hash is in the last line; wanted it unaltered "
          "(what was altered on purpose ends in \"end {:016x}\"{})",
          hash_of_text(body), how_to_alter(body));
    text_ = body.substr(first.size() + 1);
    return "";
  }

  // An altered run ends in its own way: what the file says of the saved one would call it wrong.
  static std::string how_to_alter(std::string_view body) {
    std::string without;
    for (std::string_view left = body; !left.empty();) {
      const std::string_view line = left.substr(0, left.find('\n') + 1);
      left.remove_prefix(line.size());
      const std::string_view key = line.substr(0, line.find_first_of(" \n"));
      const bool is_end = key == "build" || key == "fell" || key == "held" || key == "trace";
      if (!is_end) without += line;
    }
    if (without.size() == body.size()) return "";
    return fmt::format(
        "; without its lines \"build\", \"{}\" and \"trace\", which tell how the saved run ended, in "
        "\"end {:016x}\"",
        body.contains("\nheld\n") ? "held" : "fell", hash_of_text(without));
  }

  // Empty, or what is wrong with the line.
  std::string take(std::string_view line) {
    if (!line.empty() && (line[0] == '|' || line[0] == '+')) {
      if (file_ == nullptr) return "found a line of a file, wanted \"file NAME\" before it";
      file_->append(line.substr(1));
      if (line[0] == '|') *file_ += '\n';
      return "";
    }
    // What is printed later must not steer a terminal.
    if (line != one_line(std::string(line))) return "found a control character, wanted text";
    const std::string_view key = take_word(line);
    const bool may_repeat = key == "stream" || key == "packed" || key == "file";
    if (!may_repeat && !seen_.insert(std::string(key)).second)
      return fmt::format("found \"{}\" again, wanted it once", key);
    if (key == "build")
      out_.build = line;
    else if (key == "whole")
      return take_hash(line, out_.whole);
    else if (key == "mutant")
      out_.mutant = line;
    else if (key == "fell")
      return take_violation(line);
    else if (key == "held")
      out_.held = true;
    else if (key == "trace")
      return take_hash(line, out_.trace_hash);
    else if (key == "scenario")
      out_.scenario = line;
    else if (key == "nodes")
      return take_nodes(line);
    else if (key == "operations")
      return take_operations(line);
    else if (key == "stream")
      return take_stream(line);
    else if (key == "packed")
      take_packed(line);
    else if (key == "file")
      return take_file(line);
    else
      return fmt::format("found \"{}\", wanted {}", one_line(std::string(key.substr(0, 40))), one_of(known));
    return "";
  }

  static std::string take_hash(std::string_view line, std::optional<std::uint64_t>& into) {
    std::uint64_t hash = 0;
    if (!parse_number(line, hash, 16)) return "found no hash, wanted 16 hex digits";
    into = hash;
    return "";
  }

  std::string take_file(std::string_view name) {
    const auto [file, is_new] = out_.files.try_emplace(std::string(name));
    file_ = &file->second;
    return is_new ? "" : fmt::format("found the file \"{}\" again, wanted it once", name);
  }

  std::string take_violation(std::string_view line) {
    out_.violation.invariant = take_word(line);
    const std::string_view at = take_word(line);
    const std::string_view ns = take_word(line);
    const std::string_view unit = take_word(line);
    if (at != "at" || unit != "ns:" || !parse_number(ns, out_.violation.at.ns))
      return "found no \"INVARIANT at N ns: TEXT\", wanted what fell and when";
    out_.violation.what = line;
    return "";
  }

  void take_packed(std::string_view line) {
    if (packed_.empty()) out_.lines.packed = line_;
    packed_ += line;
  }

  std::string take_nodes(std::string_view line) {
    out_.lines.nodes = line_;
    std::size_t servers = 0;
    std::size_t clients = 0;
    if (!parse_number(take_word(line), servers) || !parse_number(line, clients))
      return "found no two numbers, wanted how many servers and clients";
    out_.played.limit = {servers, clients};
    return "";
  }

  std::string take_operations(std::string_view line) {
    out_.lines.operations = line_;
    auto& only = out_.played.only;
    if (!only) only.emplace();
    while (!line.empty()) {
      const std::string_view word = take_word(line);
      const auto operation = parse_operation(word);
      if (!operation) return fmt::format("found \"{}\", wanted an operation such as 3.0", word);
      if (!only->insert(*operation).second) return fmt::format("found the operation {} again, wanted it once", word);
    }
    return "";
  }

  std::string take_stream(std::string_view line) {
    std::string name = name_of(take_word(line));
    if (name.empty()) return "found a stream without a name, wanted \"stream NAME NUMBER...\"";
    if (out_.played.choices.contains(name)) return fmt::format("found the stream {} again, wanted it once", name);
    auto values = parse_values(line);
    if (!values || values->size() > max_values - drawn_)
      return "found no list of numbers, wanted numbers below 2^32, as 7 or 0*40";
    drawn_ += values->size();
    out_.lines.streams[name] = line_;
    out_.played.choices[std::move(name)] = std::move(*values);
    return "";
  }

  static constexpr const char* cut_short =
      "found no last line \"end HASH\", wanted a whole replay file: this one was cut short";
  inline static const std::vector<std::string_view> known{"build",      "whole",  "mutant",   "fell",
                                                          "held",       "trace",  "scenario", "nodes",
                                                          "operations", "stream", "packed",   "file"};
  std::string_view text_;
  std::size_t line_ = 1;
  ReplayFile out_;
  std::string* file_ = nullptr;  // the one whose lines follow
  std::string packed_;
  std::size_t drawn_ = 0;
  std::set<std::string> seen_;  // lines that come once
};

}  // namespace

bool is_replay_file(std::string_view beginning) {
  return beginning.starts_with(magic.substr(0, std::min(magic.size(), std::max<std::size_t>(beginning.size(), 9))));
}

std::string sealed(std::string lines) {
  lines += fmt::format("end {:016x}\n", hash_of_text(lines));
  return lines;
}

std::string text_of(const ReplayFile& file) {
  std::string out = fmt::format("{}{}\n", magic, format);
  if (!file.build.empty()) out += fmt::format("build {}\n", file.build);
  if (file.whole) out += fmt::format("whole {:016x}\n", *file.whole);
  if (!file.mutant.empty()) out += fmt::format("mutant {}\n", file.mutant);
  if (!file.violation.invariant.empty())
    out += fmt::format("fell {} at {} ns: {}\n", file.violation.invariant, file.violation.at.ns,
                       one_line(file.violation.what));
  if (file.held) out += "held\n";
  if (file.trace_hash) out += fmt::format("trace {:016x}\n", *file.trace_hash);
  out += fmt::format("scenario {}\n", file.scenario);
  if (file.played.limit.servers && file.played.limit.clients)
    out += fmt::format("nodes {} {}\n", *file.played.limit.servers, *file.played.limit.clients);
  if (file.played.only) {
    out += "operations";
    for (const Operation& operation : *file.played.only) out += ' ' + text_of(operation);
    out += '\n';
  }
  std::string streams = plain_streams(file.played.choices);
  if (streams.size() > most_plain) streams = packed_streams(file.played.choices);
  out += streams;
  for (const auto& [name, text] : file.files) out += fmt::format("file {}\n{}", name, lines_of(text));
  return sealed(std::move(out));
}

std::expected<ReplayFile, std::string> parse_replay_file(std::string_view text) { return Parser(text).parse(); }

}  // namespace simulator::search
