#include "io-real/host/fingerprint.hpp"

#include <algorithm>

#include "io-real/host/cgroup.hpp"
#include "tests/io-real/host/host_fixture.hpp"

namespace io_real::host {
namespace {

using namespace core::world;

class FingerprintTest : public HostTest {};

TEST_F(FingerprintTest, TellsWhatTheDocumentationLists) {
  Agent agent(sandbox.config());
  agent.carry_out(FingerprintHost{HostToken{3}});
  const auto host = agent.wait_for<HostFingerprinted>();
  EXPECT_EQ(host.token, HostToken{3});
  for (const auto* key : {"cpu.arch", "cpu.numcores", "cpu.totalcompute", "memory.totalbytes", "unique.storage.volume",
                          "unique.storage.bytestotal", "unique.storage.bytesfree", "os.name", "os.version",
                          "kernel.name", "kernel.version", "kernel.arch", "unique.hostname", "os.signals"}) {
    ASSERT_TRUE(host.attributes.contains(key)) << key;
    EXPECT_NE(host.attributes.at(key), "") << key;
  }
  EXPECT_EQ(host.attributes.at("cpu.totalcompute"), std::to_string(host.cpu_mhz));
  EXPECT_EQ(host.attributes.at("unique.hostname"), host.hostname);
  EXPECT_EQ(std::stoull(host.attributes.at("memory.totalbytes")) >> 20, host.memory_mb);
  EXPECT_EQ(std::stoull(host.attributes.at("unique.storage.bytesfree")) >> 20, host.disk_mb);
  EXPECT_GT(host.cpu_cores, 0u);
  ASSERT_EQ(host.drivers.size(), 1u);
  EXPECT_EQ(host.drivers[0].name, "raw_exec");
  EXPECT_TRUE(host.drivers[0].healthy);
  EXPECT_EQ(host.drivers[0].attributes.at("driver.raw_exec"), "1");
  for (const auto& [key, value] : host.attributes) EXPECT_FALSE(key.starts_with("platform.")) << key << value;
}

TEST_F(FingerprintTest, TakesTheInterfaceItIsTold) {
  auto config = sandbox.config();
  config.network_interface = "lo";
  config.enable_raw_exec = false;
  Agent agent(config);
  agent.carry_out(FingerprintHost{HostToken{4}});
  const auto host = agent.wait_for<HostFingerprinted>();
  EXPECT_EQ(host.default_interface, "lo");
  EXPECT_EQ(host.attributes.at("unique.network.ip-address"), "127.0.0.1");
  const auto loopback = std::ranges::find(host.interfaces, "lo", &NetworkInterface::device);
  ASSERT_NE(loopback, host.interfaces.end());
  EXPECT_NE(std::ranges::find(loopback->addresses, "127.0.0.1/8"), loopback->addresses.end());
  EXPECT_TRUE(host.drivers.empty());
}

TEST(Fingerprint, CountsProcessorsAndAveragesTheirSpeed) {
  const Cpu cpu = parse_cpuinfo(
      "processor\t: 0\nmodel name\t: Some CPU @ 2.60GHz\ncpu MHz\t\t: 2599.998\n\n"
      "processor\t: 1\nmodel name\t: Other\ncpu MHz\t\t: 2400.4\n");
  EXPECT_EQ(cpu.model, "Some CPU @ 2.60GHz");
  EXPECT_EQ(cpu.cores, 2u);
  EXPECT_EQ(cpu.mhz, 2500u);
  EXPECT_EQ(parse_cpuinfo("processor : 0\nBogoMIPS : 50.00\n").mhz, 0u);
  EXPECT_EQ(parse_cpuinfo("").cores, 0u);
}

TEST(Fingerprint, TakesTheDefaultRouteOfTheSmallestMetric) {
  const std::string headings = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
  EXPECT_EQ(parse_default_route(headings + "eth1\t00000000\t010200C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n" +
                                "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n" +
                                "eth2\t00000000\t010200C0\t0002\t0\t0\t1\t00000000\t0\t0\t0\n" +
                                "eth3\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"),
            "eth0");
  EXPECT_EQ(parse_default_route(headings), "");
  EXPECT_EQ(parse_default_route(""), "");
}

TEST(Fingerprint, PrefersIPv4AndAvoidsLinkLocalAddresses) {
  EXPECT_EQ(main_address({"eth0", "", 0, {"fe80::1/64", "2001:db8::1/64", "10.0.0.7/24"}}), "10.0.0.7");
  EXPECT_EQ(main_address({"eth0", "", 0, {"169.254.1.1/16", "2001:db8::1/64"}}), "2001:db8::1");
  EXPECT_EQ(main_address({"eth0", "", 0, {"fe80::1/64"}}), "fe80::1");
  EXPECT_EQ(main_address({"eth0", "", 0, {}}), "");
}

TEST(Fingerprint, ReadsTheReleaseFile) {
  const std::string text = "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n";
  EXPECT_EQ(os_release_value(text, "ID"), "debian");
  EXPECT_EQ(os_release_value(text, "VERSION_ID"), "12");
  EXPECT_EQ(os_release_value(text, "VERSION"), "");
}

TEST(Fingerprint, FindsTheVolumeOfTheDeepestMount) {
  const std::string mounts =
      "27 1 254:0 / / rw - ext4 /dev/vda rw\n28 27 254:1 / /data rw shared:1 - ext4 /dev/vdb rw\n"
      "29 27 254:1 / /database rw - ext4 /dev/vdc rw\n";
  EXPECT_EQ(parse_volume(mounts, "/data/allocs", ""), "/dev/vdb");
  EXPECT_EQ(parse_volume(mounts, "/data", ""), "/dev/vdb");
  EXPECT_EQ(parse_volume(mounts, "/home", ""), "/dev/vda");
  // Within a changed root, as of debootstrap: nothing is mounted on any path above.
  const std::string elsewhere = "28 27 254:1 / /outside rw - ext4 /dev/vdb rw\n";
  EXPECT_EQ(parse_volume(elsewhere, "/data", "254:1"), "/dev/vdb");
  EXPECT_EQ(parse_volume(elsewhere, "/data", "254:7"), "254:7");
}

TEST(Fingerprint, TellsTheCgroupLayoutsApart) {
  const auto hybrid = parse_cgroup_mounts(
      "37 31 0:34 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n"
      "36 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  EXPECT_EQ(hybrid.freezer, "/sys/fs/cgroup/freezer");
  EXPECT_EQ(hybrid.unified, "/sys/fs/cgroup/unified");
  const auto unified = parse_cgroup_mounts("41 31 0:38 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n");
  EXPECT_EQ(unified.unified, "/sys/fs/cgroup");
  EXPECT_EQ(unified.freezer, "");
  EXPECT_EQ(cgroup_candidates(unified, "", {"alloc", "web"}),
            std::vector<std::string>{"/sys/fs/cgroup/nomad.slice/alloc.web.scope"});
}

}  // namespace
}  // namespace io_real::host
