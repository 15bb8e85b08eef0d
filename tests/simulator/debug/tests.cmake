nomad_test(tests_simulator_debug simulator/debug LINK simulator)
target_compile_definitions(tests_simulator_debug PRIVATE NOMAD_SIM="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/nomad-sim")
add_dependencies(tests_simulator_debug nomad-sim)
