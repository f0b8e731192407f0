// What `lull doctor` finds out about a deployment and its surroundings.
#pragma once

#include <string>
#include <vector>

#include "connectors/nats/serve_config.h"

namespace lull::tools {

enum class Finding : std::uint8_t {
  kOk,
  kWarning,  // it runs, and something may go wrong
  kProblem,  // it does not run, or loses something
};

struct Checked {
  std::string check;  // "streams"
  Finding finding = Finding::kOk;
  std::string text;
  std::string next;  // what to do; empty if there is nothing
};

class CheckList {
 public:
  void Ok(std::string check, std::string text) {
    list_.push_back({std::move(check), Finding::kOk, std::move(text), {}});
  }
  void Warn(std::string check, std::string text, std::string next) {
    list_.push_back({std::move(check), Finding::kWarning, std::move(text), std::move(next)});
  }
  void Problem(std::string check, std::string text, std::string next) {
    list_.push_back({std::move(check), Finding::kProblem, std::move(text), std::move(next)});
  }
  const std::vector<Checked>& list() const { return list_; }
  Finding Worst() const;

 private:
  std::vector<Checked> list_;
};

/// The ruleset, native code, files, folders and limits of this machine.
void CheckMachine(const connectors::ServeConfig& config, CheckList& found);
/// The broker. Leaves behind the stream of probes that a running service makes, too, and nothing else.
void CheckBroker(const connectors::ServeConfig& config, CheckList& found);

/// To standard output: one line for each, or one JSON object.
void Print(const CheckList& found, bool json);

}  // namespace lull::tools
