# Programs that measure; ctest does not run them.
add_executable(bench_raft EXCLUDE_FROM_ALL ${CMAKE_CURRENT_SOURCE_DIR}/benchmarks/raft_bench.cpp)
target_link_libraries(bench_raft PRIVATE core_raft benchmark::benchmark)
