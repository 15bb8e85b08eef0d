nomad_test(tests_io_real_loop io-real/loop LINK io_real_loop)
