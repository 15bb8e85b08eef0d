nomad_test(tests_core_describe core/describe LINK core_describe core_world)
