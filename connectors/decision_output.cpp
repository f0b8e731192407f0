#include "connectors/decision_output.h"

#include "connectors/decision_json.h"
#include "connectors/json_scan.h"
#include "connectors/json_text.h"

namespace lull::connectors {

using runtime::DecisionKind;

namespace {

constexpr std::uint32_t Bit(DecisionKind kind) { return 1U << static_cast<unsigned>(kind); }

}  // namespace

runtime::SinkWants ActionOutput::wants() const {
  return {.kinds = Bit(DecisionKind::kSent), .details = format_ == ActionFormat::kJson};
}

void ActionOutput::OnDecision(const runtime::Decision& decision) {
  if (format_ == ActionFormat::kCsv) {
    AppendActionCsv(file_.buffer(), decision);
  } else {
    AppendActionJson(file_.buffer(), decision);
    file_.buffer() += '\n';
  }
  file_.Written();
}

void DecisionOutput::OnDecision(const runtime::Decision& decision) {
  AppendDecisionJson(file_.buffer(), decision);
  file_.Write("\n");
}

runtime::SinkWants ReasonCounter::wants() const {
  return {.kinds = Bit(DecisionKind::kSuppressed) | Bit(DecisionKind::kWaiting), .details = false};
}

void ReasonCounter::OnDecision(const runtime::Decision& decision) {
  Counts& counts = decision.kind == DecisionKind::kWaiting ? waiting_ : suppressed_;
  ++counts[static_cast<std::size_t>(decision.code)];
}

void AppendDeadLetterJson(std::string& out, const DeadLetter& letter) {
  out += "{\"line\":";
  AppendInteger(out, static_cast<std::int64_t>(letter.position.value));
  out += ",\"reason\":";
  AppendJsonText(out, letter.reason);
  out += ",\"code\":";
  AppendJsonText(out, NameOf(letter.code));
  if (IsUtf8(letter.bytes)) {
    out += ",\"bytes\":";
    AppendJsonText(out, letter.bytes);
  } else {
    out += ",\"bytes_base64\":";
    AppendJsonText(out, Base64(letter.bytes));
  }
  out += '}';
}

void DeadLetterOutput::Add(const DeadLetter& letter) {
  ++counts_[static_cast<std::size_t>(letter.code)];
  ++total_;
  if (file_ == nullptr) return;
  AppendDeadLetterJson(file_->buffer(), letter);
  file_->Write("\n");
}

}  // namespace lull::connectors
