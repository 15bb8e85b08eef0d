nomad_test(tests_simulator_scenario simulator/scenario LINK simulator_scenario fmt::fmt)
