# What is told of runs.
if(TARGET simulator)
  nomad_test(tests_simulator_report simulator/report LINK simulator core_wire_rpc Boost::json fmt::fmt)
endif()
