# Bytes a second of the protobuf codec. Built on demand: `ninja codec_bench`.
add_executable(codec_bench EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/codec_bench.cpp)
target_link_libraries(codec_bench PRIVATE core_wire_protobuf core_model core_world benchmark::benchmark)
