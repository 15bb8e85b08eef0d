#include "io-real/host/supervisor_spec.hpp"

#include <cstring>
#include <utility>

namespace io_real::host {
namespace {

// Both ends are the same program, so the bytes need no version: numbers as they lie in memory, texts and lists after
// their length.
class Writer {
 public:
  void item(const std::string& text) {
    number(text.size());
    bytes_ += text;
  }
  void item(std::uint64_t value) { number(value); }
  void item(bool value) { number(value ? 1 : 0); }
  template <class T>
  void item(const std::vector<T>& list) {
    number(list.size());
    for (const auto& each : list) item(each);
  }
  std::string take() { return std::move(bytes_); }

 private:
  void number(std::uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  void item(std::string& text) {
    const auto length = number();
    if (length > rest_.size()) return fail();
    text = rest_.substr(0, length);
    rest_.remove_prefix(length);
  }
  void item(std::uint64_t& value) { value = number(); }
  void item(bool& value) { value = number() != 0; }
  template <class T>
  void item(std::vector<T>& list) {
    const auto count = number();
    if (count > rest_.size() / sizeof(std::uint64_t)) return fail();  // each takes at least its length
    list.resize(count);
    for (auto& each : list) item(each);
  }
  bool done() const { return good_ && rest_.empty(); }

 private:
  std::uint64_t number() {
    std::uint64_t value = 0;
    if (rest_.size() < sizeof value) return fail(), 0;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  void fail() {
    good_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool good_ = true;
};

template <class Codec, class Spec>
void walk(Codec& codec, Spec& spec) {
  codec.item(spec.command);
  codec.item(spec.args);
  codec.item(spec.env);
  codec.item(spec.directory);
  codec.item(spec.record_path);
  codec.item(spec.boot_id);
  codec.item(spec.cgroups);
  codec.item(spec.open_files);
  codec.item(spec.switch_user);
  codec.item(spec.uid);
  codec.item(spec.gid);
  codec.item(spec.groups);
  codec.item(spec.logs_disabled);
  codec.item(spec.log_folder);
  codec.item(spec.log_name);
  codec.item(spec.log_max_files);
  codec.item(spec.log_max_file_bytes);
}

}  // namespace

std::string encode_spec(const SupervisorSpec& spec) {
  Writer writer;
  walk(writer, spec);
  return writer.take();
}

std::optional<SupervisorSpec> decode_spec(std::string_view bytes) {
  Reader reader(bytes);
  SupervisorSpec spec;
  walk(reader, spec);
  if (!reader.done()) return std::nullopt;
  return spec;
}

std::string format_report(const StartReport& report) {
  Writer writer;
  writer.item(static_cast<std::uint64_t>(report.pid));
  writer.item(report.start_ticks);
  writer.item(static_cast<std::uint64_t>(report.error));
  writer.item(report.what);
  return writer.take();
}

std::optional<StartReport> parse_report(std::string_view text) {
  Reader reader(text);
  StartReport report;
  std::uint64_t pid = 0;
  std::uint64_t error = 0;
  reader.item(pid);
  reader.item(report.start_ticks);
  reader.item(error);
  reader.item(report.what);
  if (!reader.done()) return std::nullopt;
  report.pid = static_cast<std::int64_t>(pid);
  report.error = static_cast<int>(error);
  return report;
}

}  // namespace io_real::host
