#include "connectors/nats/broker_roles.h"

#include "connectors/nats/partitioning.h"
#include "connectors/nats/stream.h"

namespace lull::connectors {
namespace {

constexpr const char* kReplies = "_INBOX.>";

using Subjects = std::vector<std::string>;

void Add(Subjects& subjects, std::initializer_list<std::string> more) {
  subjects.insert(subjects.end(), more);
}

/// What a reader of one stream asks of JetStream.
void AddReading(Subjects& publish, const std::string& stream) {
  Add(publish,
      {"$JS.API.STREAM.INFO." + stream, "$JS.API.CONSUMER.CREATE." + stream,
       "$JS.API.CONSUMER.CREATE." + stream + ".>", "$JS.API.CONSUMER.DURABLE.CREATE." + stream + ".>",
       "$JS.API.CONSUMER.INFO." + stream + ".*", "$JS.API.CONSUMER.MSG.NEXT." + stream + ".*",
       "$JS.API.CONSUMER.DELETE." + stream + ".*", "$JS.ACK." + stream + ".>"});
}

Subjects CoreSources(const ServeConfig& config) {
  Subjects subjects;
  for (const ServeSource& source : config.sources) {
    if (source.stream.empty()) subjects.push_back(source.subject);
  }
  return subjects;
}

BrokerRole Service(const ServeConfig& config) {
  BrokerRole role{.name = "service",
                  .what = "`lull serve`, `lull backfill` and `lull doctor`",
                  .subscribe = {kReplies},
                  .responds = true};
  for (const ServeConfig& part : PartsOf(config)) {
    Add(role.publish,
        {part.tick_subject(), part.deploy_subject(), part.backfill_subject(), part.erase_subject(),
         part.probe_subject(), part.control_subject(), part.dead_prefix() + ".>",
         part.decision_prefix() + ".>", part.shadow_prefix() + ".>"});
    role.subscribe.push_back(part.control_subject());
  }
  Add(role.publish, {config.action_prefix + ".>", "$JS.API.>", "$KV.lull_" + config.name + "_deploy.>",
                     "$KV." + StreamName(config.name, "OWNERS") + ".>"});
  role.never_publish = {"$JS.API.STREAM.DELETE.>", "$JS.API.STREAM.PURGE.>", "$JS.API.STREAM.MSG.DELETE.>"};
  return role;
}

BrokerRole Producer(const ServeConfig& config) {
  BrokerRole role{.name = "producer",
                  .what = "who publishes events, and what people do with tasks",
                  .publish = CoreSources(config),
                  .subscribe = {kReplies}};
  // The broker asks whether a message may go where its mappings have put it (seen with 2.9.10).
  for (const std::string& subject : CoreSources(config)) {
    if (config.partition_count > 1) role.publish.push_back("lull." + config.name + ".in.*." + subject);
  }
  return role;
}

BrokerRole Gateway(const ServeConfig& config) {
  BrokerRole role{.name = "gateway", .what = "`lull ingest`", .subscribe = {kReplies}};
  const bool routes = config.partition_count > 1;
  if (routes) {
    role.publish.push_back("lull." + config.name + ".in.>");
    for (const std::string& subject : CoreSources(config)) role.subscribe.push_back(subject);
  } else {
    role.publish = CoreSources(config);
  }
  for (const ServeConfig& part : PartsOf(config)) {
    role.publish.push_back("$JS.API.STREAM.INFO." + StreamName(part.name, "IN"));
  }
  return role;
}

BrokerRole Unit(const ServeConfig& config) {
  BrokerRole role{.name = "unit",
                  .what = "applications of business units: they read the actions, those of other units, too",
                  .publish = {"$JS.API.STREAM.NAMES"},
                  .subscribe = {kReplies}};
  for (const ServeConfig& part : PartsOf(config)) AddReading(role.publish, StreamName(part.name, "OUT"));
  return role;
}

BrokerRole Operator(const ServeConfig& config) {
  BrokerRole role{.name = "operator",
                  .what = "`lull status`, `lull reload`, `lull state erase`; reads all streams",
                  .publish = {"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST"},
                  .subscribe = {kReplies}};
  for (const ServeConfig& part : PartsOf(config)) {
    Add(role.publish, {part.control_subject(), part.erase_subject()});
    for (const char* suffix : {"IN", "OUT", "DEAD", "DECISIONS", "SHADOW", "PROBE"}) {
      AddReading(role.publish, StreamName(part.name, suffix));
    }
  }
  return role;
}

BrokerRole Deployer(const ServeConfig& config) {
  const std::string bucket = "lull_" + config.name + "_deploy";
  BrokerRole role{.name = "deployer",
                  .what = "`lull deploy`, `approve`, `promote`, `rollback`, `history`",
                  .publish = {"$KV." + bucket + ".>", "$JS.API.STREAM.CREATE.KV_" + bucket,
                              "$JS.API.STREAM.MSG.GET.KV_" + bucket, "$JS.API.DIRECT.GET.KV_" + bucket,
                              "$JS.API.DIRECT.GET.KV_" + bucket + ".>"},
                  .subscribe = {kReplies}};
  AddReading(role.publish, "KV_" + bucket);
  return role;
}

}  // namespace

std::vector<ServeConfig> PartsOf(const ServeConfig& config) {
  if (config.partition_count <= 1) return {config};
  std::vector<ServeConfig> parts;
  for (std::uint32_t partition = 0; partition < config.partition_count; ++partition) {
    parts.push_back(PartitionConfig(config, partition));
  }
  return parts;
}

std::vector<BrokerRole> RolesOf(const ServeConfig& config) {
  return {Service(config), Producer(config), Gateway(config),
          Unit(config),    Operator(config), Deployer(config)};
}

}  // namespace lull::connectors
