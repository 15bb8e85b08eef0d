# What `nomad agent -record` costs an event: on the loop's thread, and on the journal's.
add_executable(bench_recording ${CMAKE_CURRENT_LIST_DIR}/recording_bench.cpp)
target_link_libraries(bench_recording PRIVATE core_agent benchmark::benchmark)
