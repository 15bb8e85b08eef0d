# Bytes a second of the protobuf codec.
add_executable(bench_codec ${CMAKE_CURRENT_LIST_DIR}/codec_bench.cpp)
target_link_libraries(bench_codec PRIVATE core_wire_protobuf core_state core_model core_world benchmark::benchmark)
