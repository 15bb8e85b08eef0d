# What is told of runs; and the page in a headless Chromium, as it is written by the program.
if(TARGET simulator)
  nomad_test(tests_simulator_report simulator/report LINK simulator core_wire_rpc Boost::json fmt::fmt)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME simulator.page COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/simulator/report/page_check.py -v)
  set_tests_properties(simulator.page PROPERTIES TIMEOUT 600 ENVIRONMENT
    "NOMAD_SIM_BIN=$<TARGET_FILE:nomad-sim>;NOMAD_SIM_MUTANTS=${PROJECT_SOURCE_DIR}/build/clang/bin/nomad-sim;PYTHONDONTWRITEBYTECODE=1")
endif()
