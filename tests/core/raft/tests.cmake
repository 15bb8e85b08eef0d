nomad_test(tests_core_raft core/raft LINK core_raft core_server simulator_property fmt::fmt)
