#include "connectors/nats/partitioning.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "connectors/nats/lease_bucket.h"
#include "tests/support/property.h"
#include "tests/unit/nats/nats_fixture.h"

namespace lull::connectors {
namespace {

ServeConfig SomeConfig() {
  ServeConfig config;
  config.name = "retail";
  config.partition_count = 4;
  config.action_prefix = "lull.retail.actions";
  config.state_folder = "/state";
  config.sources = {{.subject = "events.*.*", .stream = {}, .silence_micros = 5}};
  return config;
}

TEST(Partitioning, GivesEachPartitionNamesOfItsOwn) {
  const ServeConfig own = PartitionConfig(SomeConfig(), 2);
  EXPECT_EQ(own.name, "retail_2");
  EXPECT_EQ(own.action_prefix, "lull.retail.actions.2");
  EXPECT_EQ(own.sources[0].subject, "lull.retail.in.2.events.*.*");
  EXPECT_EQ(own.sources[0].silence_micros, 5);
  EXPECT_EQ(own.state_folder, "/state/2");
  EXPECT_EQ(own.partition_count, 1U);
  EXPECT_TRUE(own.is_partition);
}

TEST(Partitioning, GivesEachPartitionAPortOfItsOwn) {
  ServeConfig config = SomeConfig();
  EXPECT_EQ(PartitionConfig(config, 2).http, std::nullopt);
  config.http = {"127.0.0.1", 9090};
  EXPECT_EQ(PartitionConfig(config, 2).http, (ListenAddress{"127.0.0.1", 9092}));
  config.http = {"127.0.0.1", 0};
  EXPECT_EQ(PartitionConfig(config, 2).http, (ListenAddress{"127.0.0.1", 0})) << "each takes a free one";
}

// The broker itself is asked where it puts keys.
TEST(Partitioning, IsTheBrokers) {
  const SubjectMapping mapping = MappingsOf(SomeConfig()).at(0);
  EXPECT_EQ(mapping.from, "events.*.*");
  EXPECT_EQ(mapping.to, "lull.retail.in.{{partition(4,2)}}.events.{{wildcard(1)}}.{{wildcard(2)}}");
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("lull-mappings-" + std::to_string(getpid()) + ".conf");
  std::ofstream(file) << "mappings = {\n  \"" << mapping.from << "\": \"" << mapping.to << "\"\n}\n";
  const testing::TestServer server({"-c", file.string()});
  std::filesystem::remove(file);
  Connection connection = Connect(server);
  for (std::uint32_t p = 0; p < 4; ++p) {
    Must(EnsureStream(connection, SpecOf("S" + std::to_string(p), {PartitionSubject("retail", p) + ".>"})));
  }
  std::vector<std::uint64_t> expected(4);
  for (int i = 0; i < 200; ++i) {
    const std::string key = i == 0 ? "%" : "C" + std::to_string(i * 7'919) + "%20x";
    Must(connection.Store("events.asked." + key, "1", {}));
    ++expected[PartitionOf(key, 4)];
  }
  for (std::uint32_t p = 0; p < 4; ++p) {
    EXPECT_EQ(Must(ReadStreamState(connection, "S" + std::to_string(p))).last_sequence, expected[p]) << p;
    EXPECT_GT(expected[p], 20U);
  }
}

// However instances come and go: after each of them has looked often enough, all partitions are owned, each
// by one, and no instance has two more than another; and as long as nobody comes or goes nothing moves.
TEST(Partitioning, SharesAreFairAndStayWhereTheyAre) {
  const std::uint64_t seed = test::FirstSeed();
  SCOPED_TRACE("LULL_PROPERTY_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    const auto count = static_cast<std::uint32_t>(1 + random() % 20);
    Ownership now;
    for (int change = 0; change < 6; ++change) {
      const std::string instance = "i" + std::to_string(random() % 9);
      if (now.instances.erase(instance) > 0) {
        std::erase_if(now.owners, [&](const auto& owner) { return owner.second == instance; });
      } else {
        now.instances.insert(instance);
      }
      if (now.instances.empty()) continue;
      std::size_t moved = 1;
      for (int turn = 0; moved > 0; ++turn) {
        ASSERT_LT(turn, 10) << "they never come to rest";
        moved = 0;
        const std::set<std::string> instances = now.instances;
        for (const std::string& self : instances) {
          const OwnershipMoves moves = MovesOf(now, self, count);
          for (const std::uint32_t partition : moves.release) ASSERT_EQ(now.owners.at(partition), self);
          for (const std::uint32_t partition : moves.release) now.owners.erase(partition);
          for (const std::uint32_t partition : moves.acquire) {
            ASSERT_TRUE(now.owners.emplace(partition, self).second);
          }
          moved += moves.release.size() + moves.acquire.size();
        }
      }
      ASSERT_EQ(now.owners.size(), count);
      std::map<std::string, std::size_t> shares;
      for (const std::string& instance_name : now.instances) shares[instance_name] = 0;
      for (const auto& [partition, owner] : now.owners) ++shares[owner];
      for (const auto& [name, share] : shares) {
        EXPECT_GE(share, count / now.instances.size());
        EXPECT_LE(share, (count + now.instances.size() - 1) / now.instances.size());
      }
    }
  }
}

TEST(LeaseBucket, NominatesOneOwnerAtATime) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  LeaseBucket first = Must(LeaseBucket::Open(connection, "retail", 1'000));
  Connection other = Connect(server);
  LeaseBucket second = Must(LeaseBucket::Open(other, "retail", 1'000));
  ASSERT_TRUE(first.Announce("a"));
  ASSERT_TRUE(second.Announce("b"));
  EXPECT_TRUE(Must(first.Acquire(0, "a")));
  EXPECT_FALSE(Must(second.Acquire(0, "b")));
  EXPECT_TRUE(Must(second.Acquire(1, "b")));
  EXPECT_TRUE(Must(first.Refresh(0, "a")));
  EXPECT_FALSE(Must(first.Refresh(1, "a")));
  const Ownership now = Must(second.Look());
  EXPECT_EQ(now.instances, (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(now.owners, (std::map<std::uint32_t, std::string>{{0, "a"}, {1, "b"}}));
  ASSERT_TRUE(first.Release(0));
  EXPECT_TRUE(Must(second.Acquire(0, "b")));
  ASSERT_TRUE(second.Leave("b"));
  EXPECT_EQ(Must(first.Look()).instances, std::set<std::string>{"a"});
}

TEST(LeaseBucket, ALeaseThatIsNotRefreshedEnds) {
  const testing::TestServer server;
  Connection connection = Connect(server);
  LeaseBucket leases = Must(LeaseBucket::Open(connection, "retail", 1'000));
  ASSERT_TRUE(Must(leases.Acquire(3, "a")));
  LeaseBucket others = Must(LeaseBucket::Open(connection, "retail", 1'000));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!Must(others.Look()).owners.empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(Must(others.Acquire(3, "b")));
  EXPECT_FALSE(Must(leases.Refresh(3, "a")));
}

}  // namespace
}  // namespace lull::connectors
