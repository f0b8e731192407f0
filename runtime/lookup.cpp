#include "runtime/lookup.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/abi.h"
#include "runtime/base/number_code.h"
#include "runtime/base/time.h"
#include "runtime/step_context.h"

namespace lull::runtime {

std::uint32_t LookupSpec::Next(std::uint32_t node, std::int64_t code) const {
  const Node& at = nodes[node];
  const auto begin = begins.begin() + at.first;
  const auto after = std::upper_bound(begin, begin + at.count, code);
  // The first segment begins at the least code of the input's type.
  if (after == begin) return kNowhere;
  return nexts[static_cast<std::size_t>(after - begins.begin()) - 1];
}

namespace abi {
namespace {

const LookupSpec& SpecOf(Moment* moment, std::uint32_t table) {
  return moment->context->ruleset->lookups[table];
}

std::int64_t Found(std::uint32_t next) {
  return next == LookupSpec::kNowhere ? kUnknown : static_cast<std::int64_t>(next);
}

std::uint32_t NodeOf(const LookupSpec& spec, std::int64_t at) {
  return at < 0 ? static_cast<std::uint32_t>(spec.nodes.size() - 1) : static_cast<std::uint32_t>(at);
}

}  // namespace

std::int64_t LookupI64(Moment* moment, std::uint32_t table, std::int64_t at, std::int64_t value) {
  if (at == kUnknown) return kUnknown;
  const LookupSpec& spec = SpecOf(moment, table);
  const std::uint32_t node = NodeOf(spec, at);
  return Found(value == kUnknown ? spec.nodes[node].unknown_next : spec.Next(node, value));
}

std::int64_t LookupF64(Moment* moment, std::uint32_t table, std::int64_t at, double value) {
  if (at == kUnknown) return kUnknown;
  const LookupSpec& spec = SpecOf(moment, table);
  const std::uint32_t node = NodeOf(spec, at);
  return Found(std::isnan(value) ? spec.nodes[node].unknown_next : spec.Next(node, CodeOfNumber(value)));
}

std::int64_t LookupText(Moment* moment, std::uint32_t table, std::int64_t at, TextView value) {
  if (at == kUnknown) return kUnknown;
  const LookupSpec& spec = SpecOf(moment, table);
  const std::uint32_t node = NodeOf(spec, at);
  if (!value.known()) return Found(spec.nodes[node].unknown_next);
  const std::vector<std::string>& texts = spec.texts[spec.nodes[node].input];
  const auto found = std::lower_bound(texts.begin(), texts.end(), value.view());
  const bool is_there = found != texts.end() && *found == value.view();
  const std::size_t code = is_there ? static_cast<std::size_t>(found - texts.begin()) : texts.size();
  return Found(spec.Next(node, static_cast<std::int64_t>(code)));
}

std::int64_t LookupGivesI64(Moment* moment, std::uint32_t table, std::int64_t row) {
  return row == kUnknown ? kUnknown : SpecOf(moment, table).results[static_cast<std::size_t>(row)].integer;
}

double LookupGivesF64(Moment* moment, std::uint32_t table, std::int64_t row) {
  if (row == kUnknown) return std::numeric_limits<double>::quiet_NaN();
  return SpecOf(moment, table).results[static_cast<std::size_t>(row)].number;
}

TextView LookupGivesText(Moment* moment, std::uint32_t table, std::int64_t row) {
  if (row == kUnknown) return {};
  return TextView::Of(SpecOf(moment, table).result_texts[static_cast<std::size_t>(row)]);
}

}  // namespace abi
}  // namespace lull::runtime
