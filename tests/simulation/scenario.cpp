#include "tests/simulation/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "connectors/json_text.h"
#include "connectors/nats/connection.h"
#include "connectors/nats/serve_config.h"
#include "connectors/time_text.h"
#include "runtime/base/clock.h"
#include "service/service.h"
#include "tests/simulation/broker.h"
#include "tests/simulation/checks.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/world.h"

namespace lull::simulation {
namespace {

constexpr std::int64_t kCalmMicros = 120 * kSecond;
/// So long after all is well a service may learn that somebody else has written, or wait for an answer.
constexpr std::int64_t kAftermathMicros = 30 * kSecond;
constexpr int kMachines = 2;

connectors::ServeConfig ConfigOf(const std::string& rules, int variant, const std::string& state) {
  connectors::ServeConfig config;
  config.name = kDeployment;
  config.ruleset = rules + "/" + std::to_string(variant);
  config.sources.push_back({.subject = "events.>", .stream = {}, .silence_micros = {}});
  config.action_prefix = "lull." + config.name + ".actions";
  config.state_folder = state;
  config.checkpoint_keep_count = 3;
  config.keep_decisions = true;
  return config;
}

/// A machine, with at most one service on it.
struct Machine {
  int number = 0;
  std::string name;
  std::int64_t wall_offset = 0;
  int variant = 0;  // what its ruleset folder has
  bool wanted = false;
  bool accept_lost_input = false;
  std::int64_t start_at = 0;
  Process* process = nullptr;  // of the service that runs; null: none
  std::unique_ptr<service::Signals> signals;
  Status outcome;
};

class Life {
 public:
  Life(std::uint64_t seed, const std::string& rules) : rules_(rules), world_(seed), broker_(world_) {}
  Outcome Run();

 private:
  void Settle();
  void Serve(Machine& machine, const connectors::ServeConfig& config);
  void Start(Machine& machine);
  void Turn();
  void AfterEnd(Machine& machine);
  void Kill(Machine& machine);
  void Produce(int producer);
  std::string NextEvent(int producer, int number);
  void GoWrong();
  void CalmDown();
  bool HasSettled();
  void End();
  Machine& AnyMachine() { return machines_[world_.Random(kMachines)]; }
  template <typename... Parts>
  void Tell(fmt::format_string<Parts...> format, Parts&&... parts) {
    outcome_.story.push_back(fmt::format("{:10.6f} ", static_cast<double>(world_.LocalNow()) / kSecond) +
                             fmt::format(format, std::forward<Parts>(parts)...));
  }

  const std::string& rules_;
  World world_;
  Broker broker_;
  Machine machines_[kMachines];
  std::vector<std::unique_ptr<connectors::ServeConfig>> configs_;
  std::vector<Process*> producers_;
  int producers_left_ = 0;
  std::set<std::string> acknowledged_;  // ids of events
  std::int64_t trouble_ends_ = 0;
  bool calm_ = false;
  std::int64_t calm_since_ = 0;
  bool reloads_ = false;
  std::int64_t settled_since_ = -1;
  std::uint64_t settled_at_ = 0;
  Outcome outcome_;
};

// ---- The service
// -----------------------------------------------------------------------------------------------

void Life::Serve(Machine& machine, const connectors::ServeConfig& config) {
  service::ServiceLog log(config.name, [&](std::string_view line) {
    if (!machine.process->killed) Tell("{} {}", machine.name, line.substr(0, line.size() - 1));
    if (line.find("\"state restored\"") != std::string_view::npos) ++outcome_.tried.recoveries;
  });
  service::Operations operations(config, log);
  service::Service live(config, *machine.signals, log, operations,
                        {.accept_lost_input = machine.accept_lost_input, .native = false});
  machine.outcome = live.Start();
  if (machine.outcome) machine.outcome = live.Run();
}

void Life::Start(Machine& machine) {
  auto& config = *configs_.emplace_back(std::make_unique<connectors::ServeConfig>(
      ConfigOf(rules_, machine.variant, "/" + machine.name + "/state")));
  config.checkpoint_interval_micros = world_.Between(200 * kMilli, 5 * kSecond);
  machine.signals = std::make_unique<service::Signals>();
  ++outcome_.tried.starts;
  Tell("{} starts, with ruleset {}", machine.name, machine.variant);
  machine.process = &world_.Spawn(
      machine.name, [this, &machine, &config] { Serve(machine, config); },
      [this, &machine] {
        machine.signals->stop = true;
        // What the system has in its buffers may still go out.
        world_.At(world_.now() + world_.Between(0, 5 * kMilli),
                  [this, process = machine.process] { broker_.DropLinksOf(*process); });
      });
  machine.process->wall_offset = machine.wall_offset;
}

void Life::AfterEnd(Machine& machine) {
  const bool killed = machine.process->killed;
  machine.process = nullptr;
  machine.start_at = world_.now() + world_.Between(0, 2 * kSecond);
  if (killed) return;
  if (machine.outcome) {
    Tell("{} has stopped", machine.name);
    return;
  }
  const std::string& why = machine.outcome.error().message;
  Tell("{} failed: {}", machine.name, why);
  // What the documentation tells a person to do.
  if (why.find("--accept-lost-input") != std::string::npos ||
      why.find("if the loss is accepted") != std::string::npos) {
    if (broker_.lost_count(kInputStream) == 0) {
      outcome_.problems.push_back("a service says that input is lost, and none is: " + why);
    }
    for (Machine& each : machines_) each.accept_lost_input = true;
    ++outcome_.tried.accepted_losses;
  } else if (calm_ && world_.now() > calm_since_ + kAftermathMicros) {
    outcome_.problems.push_back("a service stopped although nothing is wrong any more: " + why);
  }
}

void Life::Turn() {
  for (Machine& machine : machines_) {
    if (machine.process != nullptr && machine.process->finished) AfterEnd(machine);
    if (machine.process == nullptr && machine.wanted && world_.now() >= machine.start_at) Start(machine);
  }
  if (calm_ && HasSettled()) {
    for (Machine& machine : machines_) {
      machine.wanted = false;
      if (machine.signals) machine.signals->stop = true;
    }
  }
  world_.At(world_.now() + 20 * kMilli, [this] { Turn(); });
}

void Life::Kill(Machine& machine) {
  if (machine.process == nullptr || machine.process->finished) return;
  ++outcome_.tried.kills;
  Tell("{} is killed", machine.name);
  world_.Kill(*machine.process);
}

// ---- The producers
// ---------------------------------------------------------------------------------------------

/// Each customer asks once, and is answered or called, or not.
std::string Life::NextEvent(int producer, int number) {
  if (world_.Chance(0.01)) return "{\"type\": \"asked\", no JSON";
  const bool asks = number == 0 || world_.Chance(0.4);
  const int customer = asks ? number : static_cast<int>(world_.Random(static_cast<std::uint64_t>(number)));
  const char* type = asks                 ? "asked"
                     : world_.Chance(0.7) ? "answered"
                     : world_.Chance(0.5) ? "called"
                                          : "seen";
  const std::int64_t late = world_.Chance(0.2) ? world_.Between(0, 3 * kSecond) : 0;
  return fmt::format(R"({{"type":"{}","time":"{}","customer":"c{}_{}","topic":"t{}"}})", type,
                     connectors::Rfc3339Text(WallMicros() - late), producer, customer, world_.Random(5));
}

void Life::Produce(int producer) {
  std::optional<connectors::Connection> connection;
  while (!connection && !world_.current()->killed) {
    auto opened = connectors::Connection::Open({.wait_for_server_ms = 60'000});
    if (opened) connection.emplace(std::move(*opened));
  }
  if (!connection) return;
  const int count = static_cast<int>(world_.Between(20, 250));
  const std::int64_t pause_max =
      std::max<std::int64_t>((trouble_ends_ - world_.now()) / count / kMilli * 2, 10);
  for (int i = 0; i < count; ++i) {
    const std::string id = fmt::format("e{}_{}", producer, i);
    const std::string event = NextEvent(producer, i);
    // Soon enough that the broker knows the id again.
    while (!connection->Store("events.any", event, {.id = id})) {
      if (world_.current()->killed) return;
      SleepMs(world_.Between(10, 500));
    }
    acknowledged_.insert(id);
    SleepMs(world_.Chance(0.7) ? world_.Between(0, 5) : world_.Between(0, pause_max * 3));
  }
  outcome_.tried.events += static_cast<std::uint64_t>(count);
  --producers_left_;
}

// ---- What goes wrong
// -------------------------------------------------------------------------------------------

void Life::GoWrong() {
  if (calm_) return;
  Machine& machine = AnyMachine();
  Tried& tried = outcome_.tried;
  const bool runs = machine.process != nullptr && !machine.process->finished;
  switch (world_.Random(15)) {
    case 0:
    case 1:
    case 2:
      Kill(machine);
      break;
    case 3:
      if (runs) machine.signals->stop = true;
      break;
    case 4:
    case 5:
      if (!runs) break;
      ++tried.pauses;
      Tell("{} is paused", machine.name);
      world_.Pause(*machine.process, world_.Between(10 * kMilli, 8 * kSecond));
      break;
    case 6:
      // The other machine takes over, whatever the first one does.
      ++tried.takeovers;
      machines_[0].wanted = world_.Chance(0.6);
      machines_[1].wanted = !machines_[0].wanted || world_.Chance(0.3);
      for (Machine& each : machines_) {
        if (!each.wanted && each.signals && world_.Chance(0.5)) each.signals->stop = true;
      }
      Tell("wanted: {} {}", machines_[0].wanted, machines_[1].wanted);
      break;
    case 7:
      if (!runs) break;
      ++tried.disconnects;
      Tell("{} loses its connections", machine.name);
      broker_.DropLinksOf(*machine.process);
      break;
    case 8: {
      const bool cut = world_.Chance(0.3);
      ++(cut ? tried.power_cuts : tried.crashes);
      Tell("the broker {}", cut ? "loses its power" : "is killed");
      broker_.Crash(world_.Between(kMilli, 4 * kSecond), cut);
      break;
    }
    case 9:
      ++tried.full_disks;
      Tell("the broker's disk is full");
      broker_.SetFull(true);
      world_.At(world_.now() + world_.Between(kMilli, 4 * kSecond), [this] { broker_.SetFull(false); });
      break;
    case 10: {
      ++tried.full_disks;
      Tell("the disk of {} is full", machine.name);
      const std::string folder = "/" + machine.name + "/state";
      StateFolders()[folder].full = true;
      world_.At(world_.now() + world_.Between(kMilli, 6 * kSecond),
                [folder] { StateFolders()[folder].full = false; });
      break;
    }
    case 11: {
      auto& finished = StateFolders()["/" + machine.name + "/state"].finished;
      if (finished.empty()) break;
      ++tried.damages;
      Tell("the newest checkpoint of {} is damaged", machine.name);
      finished.rbegin()->second.damaged = true;
      break;
    }
    case 12: {
      ++tried.clock_jumps;
      constexpr std::int64_t kJumps[] = {3'600 * kSecond, -3'600 * kSecond, 86'400 * kSecond,
                                         -86'400 * kSecond, 0};
      machine.wall_offset = kJumps[world_.Random(5)];
      Tell("the clock of {} is off by {} s", machine.name, machine.wall_offset / kSecond);
      if (runs) machine.process->wall_offset = machine.wall_offset;
      break;
    }
    case 13:
      if (runs) break;
      ++tried.damages;
      Tell("the state folder of {} is gone", machine.name);
      StateFolders()["/" + machine.name + "/state"].finished.clear();
      break;
    default:
      if (!reloads_ || !runs) break;
      ++tried.reloads;
      machine.variant = static_cast<int>(world_.Random(kRulesetVariants));
      // The folder that it was started with; the next start has it, too.
      for (auto& config : configs_) {
        if (config->state_folder == "/" + machine.name + "/state") {
          config->ruleset = rules_ + "/" + std::to_string(machine.variant);
        }
      }
      Tell("{} reloads ruleset {}", machine.name, machine.variant);
      machine.signals->reload = true;
  }
  world_.At(world_.now() + world_.Between(0, 3 * kSecond), [this] { GoWrong(); });
}

/// One machine is left, and nothing is wrong with it.
void Life::CalmDown() {
  if (producers_left_ > 0) {
    world_.At(world_.now() + kSecond, [this] { CalmDown(); });
    return;
  }
  for (Machine& machine : machines_) {
    if (machine.process != nullptr && machine.process->finished) AfterEnd(machine);
  }
  Tell("calm");
  calm_ = true;
  calm_since_ = world_.now();
  broker_.SetFull(false);
  for (auto& [path, folder] : StateFolders()) folder.full = false;
  for (Machine& machine : machines_) {
    machine.wall_offset = 0;
    if (machine.process != nullptr) machine.process->wall_offset = 0;
  }
  const std::size_t left = world_.Random(kMachines);
  for (Machine& machine : machines_) machine.wanted = &machine == &machines_[left];
  Kill(machines_[1 - left]);
  // The one that is left goes on as it is, or is started anew.
  if (world_.Chance(0.5)) Kill(machines_[left]);
  for (Machine& machine : machines_) {
    if (machine.process == nullptr || machine.process->killed) machine.start_at = world_.now() + 6 * kSecond;
  }
}

/// Everything is read, and the clock has gone past all that waits.
bool Life::HasSettled() {
  const Stream* input = broker_.FindStream(kInputStream);
  const Machine& left = machines_[0].wanted ? machines_[0] : machines_[1];
  if (input == nullptr || left.process == nullptr || left.process->finished) {
    settled_since_ = -1;
    return false;
  }
  if (settled_since_ < 0) settled_since_ = world_.now();
  return world_.now() - settled_since_ > 75 * kSecond;
}

Outcome Life::Run() {
  SetBroker(&broker_);
  StateFolders().clear();
  broker_.set_waits_at_once(world_.Chance(0.7));
  if (world_.Chance(0.3)) broker_.set_latency(kMilli, world_.Between(5 * kMilli, 200 * kMilli));
  if (world_.Chance(0.4)) broker_.set_pull_count_max(static_cast<std::uint64_t>(world_.Between(1, 40)));
  // Half a minute before midnight, or before the clocks are changed, where the rules are at home.
  constexpr std::int64_t kBegins[] = {1'767'225'600, 1'774'738'770, 1'774'746'000 - 30, 1'792'890'000 - 30};
  world_.set_begins(kBegins[world_.Random(4)] * kSecond);
  if (world_.Chance(0.3)) world_.set_work_max(world_.Between(100, 3 * kMilli));
  reloads_ = world_.Chance(0.5);
  trouble_ends_ = world_.Between(5 * kSecond, 60 * kSecond);
  for (int i = 0; i < kMachines; ++i)
    machines_[i].number = i, machines_[i].name = fmt::format("machine{}", i);
  if (reloads_) {
    for (Machine& machine : machines_) machine.variant = static_cast<int>(world_.Random(kRulesetVariants));
  }
  machines_[0].wanted = true;
  machines_[1].wanted = world_.Chance(0.2);
  if (world_.Chance(0.7)) broker_.set_output_memory(world_.Between(0, 10 * kSecond));
  producers_left_ = static_cast<int>(world_.Between(1, 3));
  for (int i = producers_left_; i-- > 0;) {
    world_.At(world_.Between(2 * kSecond, 4 * kSecond), [this, i] {
      producers_.push_back(&world_.Spawn(
          fmt::format("producer{}", i), [this, i] { Produce(i); }, [] {}));
    });
  }
  Turn();
  world_.At(world_.Between(0, 4 * kSecond), [this] { GoWrong(); });
  world_.At(trouble_ends_, [this] { CalmDown(); });
  const std::int64_t end = trouble_ends_ + 600 * kSecond + kCalmMicros;
  world_.Run(end, [this] {
    return calm_ && producers_left_ == 0 && !machines_[0].wanted && !machines_[1].wanted &&
           machines_[0].process == nullptr && machines_[1].process == nullptr;
  });
  End();
  return std::move(outcome_);
}

void Life::End() {
  if (!calm_ || producers_left_ > 0 || machines_[0].wanted || machines_[1].wanted) {
    outcome_.problems.push_back("it does not come to rest");
    for (Machine& machine : machines_) {
      if (const Process* process = machine.process; process != nullptr) {
        Tell("{} is left: its time is {:.6f}, paused until {:.6f}", machine.name,
             static_cast<double>(process->local) / kSecond,
             static_cast<double>(process->paused_until) / kSecond);
      }
      machine.wanted = false;
      if (machine.process != nullptr) world_.Kill(*machine.process);
    }
    for (Process* producer : producers_) world_.Kill(*producer);
    world_.Run(world_.now() + 60 * kSecond, [] { return false; });
    return;
  }
  const Stream* output = broker_.FindStream(kOutputStream);
  outcome_.tried.actions += output == nullptr ? 0 : output->messages.size();
  const bool lost = broker_.lost_count(kInputStream) > 0;
  CheckEvents(broker_, acknowledged_, outcome_.problems);
  CheckIds(broker_, outcome_.problems);
  if (!lost && !reloads_) CheckWaits(broker_, outcome_.problems);
  CheckReplay(broker_, rules_, outcome_.tried.accepted_losses > 0, outcome_.problems);
  if (outcome_.problems.empty()) return;
  for (const auto& [name, stream] : broker_.streams()) {
    for (const StoredMessage& stored : stream.messages) {
      outcome_.story.push_back(fmt::format("{} {} {} {} {}", name, stored.sequence,
                                           connectors::Rfc3339Text(stored.stored_micros),
                                           stored.message.subject, stored.message.data.substr(0, 400)));
    }
  }
}

}  // namespace

Tried& Tried::operator+=(const Tried& other) {
  events += other.events, actions += other.actions, starts += other.starts, kills += other.kills;
  pauses += other.pauses, takeovers += other.takeovers, disconnects += other.disconnects,
      crashes += other.crashes;
  power_cuts += other.power_cuts, full_disks += other.full_disks, damages += other.damages;
  clock_jumps += other.clock_jumps, reloads += other.reloads, recoveries += other.recoveries;
  accepted_losses += other.accepted_losses;
  return *this;
}

std::string RulesetText(int variant) {
  return fmt::format(R"(ruleset sim {{
  title     "Two waits and a count"
  zone      "Europe/Berlin"
  currency  USD
  channels  call as task, mail as message
}}

entity customer by customer

event asked    of customer {{ topic text }}
event answered of customer
event called   of customer
event seen     of customer

unit sales

feature sightings of customer = count of seen in last {2} seconds

stall not_answered of customer {{
  after    asked no answered within {0} seconds
  because  "Asked {{latest asked.topic}} and got no answer"
}}

stall not_called of customer {{
  after    asked no called within {1} seconds
  because  "Nobody called"
}}

nudge answer of customer {{
  while  not_answered
  do     call "Answer about {{latest asked.topic}}"
  to     sales
  worth  20 USD
}}

nudge ring of customer {{
  while  not_called
  do     call "Call"
  to     sales
}}

nudge greet of customer {{
  on  seen
  if  (count of seen today) is 2
  do  mail "Twice on {{seen.time}}"
  to  sales
}}

nudge write of customer {{
  on           seen
  if           sightings >= 2
  again after  {1} seconds
  do           mail "Seen {{sightings}} times"
  to           sales
}}
)",
                     5 + 4 * variant, 8 + 7 * variant, 30 - 10 * variant);
}

Outcome LiveThrough(std::uint64_t seed, const std::string& rules) { return Life(seed, rules).Run(); }

}  // namespace lull::simulation
