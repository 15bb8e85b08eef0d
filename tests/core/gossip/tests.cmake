nomad_test(tests_core_gossip core/gossip LINK core_gossip simulator_property Boost::json)
