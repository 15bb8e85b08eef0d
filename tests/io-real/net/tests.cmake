nomad_test(tests_io_real_net io-real/net LINK io_real_net io_real_asio)
nomad_test(tests_io_real_http io-real/net/http LINK io_real_http io_real_asio)
