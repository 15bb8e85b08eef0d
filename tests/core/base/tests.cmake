nomad_test(tests_core_base core/base LINK core_base)
