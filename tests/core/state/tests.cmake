nomad_test(tests_core_state core/state LINK core_state)
