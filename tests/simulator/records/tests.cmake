# Recordings of several servers, and the checkers over them.
if(TARGET simulator)
  nomad_test(tests_simulator_records simulator/records LINK simulator fmt::fmt)
endif()
