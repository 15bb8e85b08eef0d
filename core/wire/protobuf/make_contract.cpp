// Build tool: `make_contract DESCRIPTORS OUT.cpp` writes protoc's descriptor set as the table of contract.hpp.
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.pb.h>

namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorSet;

struct Message {
  std::string name;
  const DescriptorProto* descriptor;
};

void collect(std::vector<Message>& out, const std::string& scope, const DescriptorProto& message) {
  const std::string name = scope.empty() ? message.name() : scope + "." + message.name();
  out.push_back({name, &message});
  for (const auto& nested : message.nested_type()) collect(out, name, nested);
}

void write_field(std::ostream& out, const DescriptorProto& message, const FieldDescriptorProto& field,
                 const std::map<std::string, std::size_t>& index_of) {
  std::string oneof;
  if (field.has_oneof_index() && !field.proto3_optional()) oneof = message.oneof_decl(field.oneof_index()).name();
  std::string held = "nullptr";
  // Type names are absolute in descriptors: ".nomad.model.Job".
  if (field.type() == FieldDescriptorProto::TYPE_MESSAGE)
    held = "&messages[" + std::to_string(index_of.at(field.type_name().substr(1))) + "]";
  out << "    {\"" << field.name() << "\", " << field.number() << ", static_cast<ProtoType>(" << field.type() << "), "
      << (field.label() == FieldDescriptorProto::LABEL_REPEATED) << ", " << field.proto3_optional() << ", \"" << oneof
      << "\", " << held << "},\n";
}

void write(std::ostream& out, const std::vector<Message>& messages) {
  std::map<std::string, std::size_t> index_of;
  for (std::size_t i = 0; i < messages.size(); ++i) index_of[messages[i].name] = i;
  out << "// Written by make_contract: change the .proto files instead.\n"
         "#include \"core/wire/protobuf/contract.hpp\"\n\n#include <array>\n\n"
         "namespace core::wire::protobuf {\nnamespace {\n\n"
      << "extern const ContractMessage messages[" << messages.size() << "];\n\n";
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const DescriptorProto& message = *messages[i].descriptor;
    out << "constexpr std::array<ContractField, " << message.field_size() << "> fields_" << i << "{{\n";
    for (const auto& field : message.field()) write_field(out, message, field, index_of);
    out << "}};\n";
  }
  out << "\nconstexpr ContractMessage messages[" << messages.size() << "] = {\n";
  for (std::size_t i = 0; i < messages.size(); ++i)
    out << "    {\"" << messages[i].name << "\", " << messages[i].descriptor->options().map_entry() << ", fields_" << i
        << "},\n";
  out << "};\n\n}  // namespace\n\nstd::span<const ContractMessage> contract() { return messages; }\n\n"
         "}  // namespace core::wire::protobuf\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_contract DESCRIPTORS OUT.cpp\n";
    return 2;
  }
  FileDescriptorSet set;
  std::ifstream in(argv[1], std::ios::binary);
  if (!set.ParseFromIstream(&in)) {
    std::cerr << "make_contract: cannot read " << argv[1] << "\n";
    return 1;
  }
  std::vector<Message> messages;
  for (const auto& file : set.file())
    for (const auto& message : file.message_type()) collect(messages, file.package(), message);
  std::ofstream out(argv[2]);
  write(out, messages);
  return out.flush() ? 0 : 1;
}
