# The only place where protoc's classes are compiled: to hold our codec against them.
set(generated ${CMAKE_BINARY_DIR}/tests/core/wire/protobuf/generated)
file(MAKE_DIRECTORY ${generated})
file(GLOB_RECURSE protos CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/proto ${PROJECT_SOURCE_DIR}/proto/*.proto)
set(generated_sources "")
foreach(proto IN LISTS protos)
  string(REPLACE ".proto" "" stem ${proto})
  add_custom_command(OUTPUT ${generated}/${stem}.pb.cc ${generated}/${stem}.pb.h
    COMMAND protobuf::protoc -I ${PROJECT_SOURCE_DIR}/proto --cpp_out=${generated} ${proto}
    DEPENDS ${PROJECT_SOURCE_DIR}/proto/${proto} VERBATIM)
  list(APPEND generated_sources ${generated}/${stem}.pb.cc)
endforeach()
# Objects, not an archive: the classes are found by name at run time, so nothing else would link them in.
add_library(tests_wire_generated OBJECT ${generated_sources})
target_include_directories(tests_wire_generated SYSTEM PUBLIC ${generated} ${Protobuf_INCLUDE_DIRS})
target_compile_options(tests_wire_generated PRIVATE -O0 -g0 -w)
target_link_libraries(tests_wire_generated PUBLIC protobuf::libprotobuf)

nomad_test(tests_core_wire_protobuf core/wire/protobuf LINK tests_wire_types tests_wire_generated)
