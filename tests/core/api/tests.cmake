nomad_test(tests_core_api core/api LINK core_api)
