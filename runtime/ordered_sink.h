// Sinks that put decisions in order and pass them on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/decision.h"

namespace lull::runtime {

/// Decisions with their texts, packed into a few large blocks.
class DecisionStore {
 public:
  /// What orders decisions, and where the rest lies.
  struct Entry {
    std::int64_t instant = 0;
    DecisionId id;
    const std::byte* packed = nullptr;
  };

  void Add(const Decision& decision);
  /// The entries may be put in any order; they stay valid until Clear.
  std::vector<Entry>& entries() { return entries_; }
  /// Gives the sink one entry's decision.
  static void Deliver(const Entry& entry, DecisionSink& to);
  /// Forgets all decisions and keeps one block of memory.
  void Clear();

 private:
  std::byte* Allocate(std::size_t bytes);

  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* free_ = nullptr;
  std::size_t free_bytes_ = 0;
};

/// Keeps all decisions and gives them in order of (instant, id) when Flush is called: actions of a file
/// replay.
class OrderedSink : public DecisionSink {
 public:
  /// `to` must outlive this.
  explicit OrderedSink(DecisionSink& to) : to_(to) {}
  SinkWants wants() const override { return to_.wants(); }
  void OnDecision(const Decision& decision) override { store_.Add(decision); }
  void OnRuleset(const std::shared_ptr<const Ruleset>& ruleset) override;
  void Flush();

 private:
  DecisionSink& to_;
  DecisionStore store_;
  std::vector<std::shared_ptr<const Ruleset>> rulesets_;  // of the decisions kept
};

/// Passes the decisions of each entry on when the entry ends, ordered by (instant, entity type, key, n, k).
/// Several engines may share one.
class EntrySorter : public DecisionSink {
 public:
  explicit EntrySorter(DecisionSink& to) : to_(to) {}
  SinkWants wants() const override { return to_.wants(); }
  void OnDecision(const Decision& decision) override { store_.Add(decision); }
  void OnRuleset(const std::shared_ptr<const Ruleset>& ruleset) override { to_.OnRuleset(ruleset); }
  void OnEntryEnd() override;
  /// What several engines make of one entry goes out together: entries end only with Release. The rulesets of
  /// the decisions stay until then.
  void Hold() { held_ = true; }
  void Release();

 private:
  DecisionSink& to_;
  DecisionStore store_;
  bool held_ = false;
};

/// Gives every decision to two sinks, to each what it wants.
class TeeSink : public DecisionSink {
 public:
  TeeSink(DecisionSink& first, DecisionSink& second) : first_(first), second_(second) {}
  SinkWants wants() const override;
  void OnDecision(const Decision& decision) override;
  void OnEntryEnd() override;
  void OnRuleset(const std::shared_ptr<const Ruleset>& ruleset) override;

 private:
  DecisionSink& first_;
  DecisionSink& second_;
};

}  // namespace lull::runtime
