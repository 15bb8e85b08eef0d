nomad_test(tests_simulator simulator LINK simulator)
target_compile_definitions(tests_simulator PRIVATE
  NOMAD_SIM="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/nomad-sim"
  NOMAD_SIM_MUTANTS="${PROJECT_SOURCE_DIR}/build/clang/bin/nomad-sim"
  NOMAD_SIM_CLANG="${PROJECT_SOURCE_DIR}/build/clang/bin/nomad-sim")
if(NOMAD_MUTANTS)
  target_compile_definitions(tests_simulator PRIVATE NOMAD_MUTANT_BUILD)
endif()
add_dependencies(tests_simulator nomad-sim)
