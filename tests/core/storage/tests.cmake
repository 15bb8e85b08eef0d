nomad_test(tests_core_storage core/storage LINK core_storage)
