# What the state store costs: not a test. build/release/bin/bench_state
add_executable(bench_state EXCLUDE_FROM_ALL ${CMAKE_CURRENT_SOURCE_DIR}/benchmarks/state_bench.cpp)
target_link_libraries(bench_state PRIVATE core_state benchmark::benchmark)
