#include "generated.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace tests {

const google::protobuf::Descriptor* generated_descriptor(std::string_view message_name) {
  return google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(message_name));
}

std::unique_ptr<google::protobuf::Message> generated_message(std::string_view message_name) {
  const auto* descriptor = generated_descriptor(message_name);
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor);
  return std::unique_ptr<google::protobuf::Message>(prototype->New());
}

std::string deterministic_bytes(const google::protobuf::Message& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  {
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return out;
}

std::shared_ptr<void> dirty_value(const ValueType& kind) {
  auto made = kind.make();
  core::Rng rng(4711);
  draw(*kind.type, made.get(), rng, 60);
  return made;
}

}  // namespace tests
