// Sinks of decisions that write files.
#pragma once

#include <array>
#include <cstdint>

#include "connectors/dead_letter.h"
#include "connectors/output_file.h"
#include "runtime/decision.h"

namespace lull::connectors {

enum class ActionFormat : std::uint8_t { kJson, kCsv };

/// Actions, one a line. Failures show in the file's status.
class ActionOutput : public runtime::DecisionSink {
 public:
  /// `file` must outlive this.
  ActionOutput(OutputFile& file, ActionFormat format) : file_(file), format_(format) {}
  runtime::SinkWants wants() const override;
  void OnDecision(const runtime::Decision& decision) override;

 private:
  OutputFile& file_;
  ActionFormat format_;
};

/// All decisions as JSON, one a line.
class DecisionOutput : public runtime::DecisionSink {
 public:
  explicit DecisionOutput(OutputFile& file) : file_(file) {}
  runtime::SinkWants wants() const override { return runtime::SinkWants::Everything(); }
  void OnDecision(const runtime::Decision& decision) override;

 private:
  OutputFile& file_;
};

/// Counts why nudges were held back.
class ReasonCounter : public runtime::DecisionSink {
 public:
  using Counts = std::array<std::uint64_t, runtime::kDecisionCodeCount>;

  runtime::SinkWants wants() const override;
  void OnDecision(const runtime::Decision& decision) override;

  /// By DecisionCode: of decisions that were suppressed, and that began to wait.
  const Counts& suppressed() const { return suppressed_; }
  const Counts& waiting() const { return waiting_; }

 private:
  Counts suppressed_{};
  Counts waiting_{};
};

/// A sink that wants nothing.
class NullSink : public runtime::DecisionSink {
 public:
  runtime::SinkWants wants() const override { return {.kinds = 0, .details = false}; }
  void OnDecision(const runtime::Decision&) override {}
};

/// {"line", "reason", "code", "bytes"}, with `bytes_base64` instead of `bytes` if they are not UTF-8. Without
/// a line end.
void AppendDeadLetterJson(std::string& out, const DeadLetter& letter);

/// Counts dead letters by code and writes them, one a line, if there is a file.
class DeadLetterOutput {
 public:
  using Counts = std::array<std::uint64_t, kDeadLetterCodeCount>;

  /// `file` may be null; else it must outlive this.
  explicit DeadLetterOutput(OutputFile* file) : file_(file) {}
  void Add(const DeadLetter& letter);

  /// By DeadLetterCode.
  const Counts& counts() const { return counts_; }
  std::uint64_t total() const { return total_; }

 private:
  OutputFile* file_;
  Counts counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace lull::connectors
