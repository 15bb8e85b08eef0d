# How long evaluations take on 5,000 nodes.
add_executable(bench_core_scheduler ${CMAKE_CURRENT_LIST_DIR}/scheduler_bench.cpp
  ${CMAKE_CURRENT_SOURCE_DIR}/core/scheduler/world.cpp)
target_include_directories(bench_core_scheduler PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(bench_core_scheduler PRIVATE core_scheduler GTest::gtest benchmark::benchmark_main)
