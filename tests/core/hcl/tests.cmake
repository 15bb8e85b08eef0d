nomad_test(tests_core_hcl core/hcl LINK core_hcl)

# Fuzzing, by hand: cmake --preset asan -DNOMAD_FUZZ=ON, then build/asan/bin/fuzz_core_hcl -max_total_time=60 tests/core/hcl/jobs
option(NOMAD_FUZZ "Build the libFuzzer programs (Clang only)" OFF)
if(NOMAD_FUZZ AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_executable(fuzz_core_hcl core/hcl/fuzz/parse_fuzz.cpp)
  target_link_libraries(fuzz_core_hcl PRIVATE core_hcl)
  target_compile_options(fuzz_core_hcl PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_core_hcl PRIVATE -fsanitize=fuzzer)
  target_compile_options(core_hcl PRIVATE -fsanitize=fuzzer-no-link)
endif()
