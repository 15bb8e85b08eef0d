nomad_test(tests_core_wire_serf core/wire/serf LINK core_wire_serf Boost::json)
