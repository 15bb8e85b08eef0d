nomad_test(tests_core_server core/server LINK core_server core_storage ZLIB::ZLIB)
