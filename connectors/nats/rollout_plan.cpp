#include "connectors/nats/rollout_plan.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "connectors/json_text.h"

namespace lull::connectors {
namespace {

using simdjson::SUCCESS;

constexpr std::array<std::string_view, 2> kFigures = {"actions-per-hour", "errors-per-hour"};
constexpr std::array<std::string_view, 2> kKinds = {"canary", "shadow"};
constexpr std::uint32_t kMillionthsOfAPercent = runtime::Share::kAll / 100;
constexpr std::size_t kShareDecimals = 4;

bool ParseWhole(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string Bound(const std::optional<std::uint64_t>& bound) { return bound ? std::to_string(*bound) : ""; }
std::string JsonBound(const std::optional<std::uint64_t>& bound) {
  return bound ? std::to_string(*bound) : "null";
}

bool ReadBound(simdjson::dom::element from, const char* name, std::optional<std::uint64_t>& bound) {
  simdjson::dom::element value;
  if (from[name].get(value) != SUCCESS) return false;
  if (value.is_null()) return true;
  std::uint64_t number = 0;
  if (value.get(number) != SUCCESS) return false;
  bound = number;
  return true;
}

template <std::size_t kCount>
std::optional<std::size_t> Place(const std::array<std::string_view, kCount>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return {};
  return static_cast<std::size_t>(found - names.begin());
}

bool ReadGuards(simdjson::dom::element root, RolloutPlan& plan) {
  simdjson::dom::array guards;
  if (root["guards"].get(guards) != SUCCESS) return false;
  for (const simdjson::dom::element each : guards) {
    Guard& guard = plan.guards.emplace_back();
    std::string_view figure;
    if (each["figure"].get(figure) != SUCCESS || !ReadBound(each, "least", guard.least) ||
        !ReadBound(each, "most", guard.most)) {
      return false;
    }
    const auto place = Place(kFigures, figure);
    if (!place) return false;
    guard.figure = static_cast<Guard::Figure>(*place);
  }
  return true;
}

}  // namespace

std::string_view NameOf(Guard::Figure figure) { return kFigures[static_cast<std::size_t>(figure)]; }
std::string_view NameOf(RolloutPlan::Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

Result<Guard> ParseGuard(std::string_view text) {
  const std::size_t is = text.find('=');
  const std::size_t dots = text.find("..");
  const auto place = Place(kFigures, text.substr(0, is));
  Guard guard;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  bool is_good = place && is != text.npos && dots != text.npos && dots > is;
  if (is_good) {
    const std::string_view low = text.substr(is + 1, dots - is - 1);
    const std::string_view high = text.substr(dots + 2);
    is_good = (low.empty() || ParseWhole(low, least)) && (high.empty() || ParseWhole(high, most)) &&
              !(low.empty() && high.empty());
    if (!low.empty()) guard.least = least;
    if (!high.empty()) guard.most = most;
  }
  if (!is_good || (guard.least && guard.most && least > most)) {
    return Fail("\"" + std::string(text) +
                "\" is no guard. What to do: write bounds such as actions-per-hour=10..500, "
                "actions-per-hour=..500 or errors-per-hour=..0.");
  }
  guard.figure = static_cast<Guard::Figure>(*place);
  return guard;
}

std::string Text(const Guard& guard) {
  return std::string(NameOf(guard.figure)) + "=" + Bound(guard.least) + ".." + Bound(guard.most);
}

std::string ToJson(const RolloutPlan& plan) {
  std::string out = "{\"kind\":";
  AppendJsonText(out, NameOf(plan.kind));
  out += ",\"share\":" + std::to_string(plan.share.millionths) + ",\"guards\":[";
  for (const Guard& guard : plan.guards) {
    if (out.back() != '[') out += ',';
    out += "{\"figure\":";
    AppendJsonText(out, NameOf(guard.figure));
    out += ",\"least\":" + JsonBound(guard.least) + ",\"most\":" + JsonBound(guard.most) + "}";
  }
  return out + "],\"promote_after\":" + std::to_string(plan.promote_after_micros) + "}";
}

Result<RolloutPlan> ParseRolloutPlan(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view kind;
  std::uint64_t share = 0;
  RolloutPlan plan;
  const bool whole = parser.parse(json.data(), json.size()).get(root) == SUCCESS &&
                     root["kind"].get(kind) == SUCCESS && root["share"].get(share) == SUCCESS &&
                     share <= runtime::Share::kAll && ReadGuards(root, plan) &&
                     root["promote_after"].get(plan.promote_after_micros) == SUCCESS;
  const auto place = Place(kKinds, kind);
  if (!whole || !place) return Fail("not a rollout that this version of Lull can read");
  plan.kind = static_cast<RolloutPlan::Kind>(*place);
  plan.share.millionths = static_cast<std::uint32_t>(share);
  return plan;
}

Result<runtime::Share> ParseShare(std::string_view text) {
  const auto no_share = [&] {
    return Fail("\"" + std::string(text) +
                "\" is no share. What to do: write a percentage such as 5% or 0.5%.");
  };
  if (!text.ends_with('%')) return no_share();
  std::string_view number = text.substr(0, text.size() - 1);
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string decimals(number.substr(std::min(point + 1, number.size())));
  if (decimals.size() > kShareDecimals) return no_share();
  decimals.resize(kShareDecimals, '0');
  std::uint64_t percent = 0;
  std::uint64_t rest = 0;
  if (!ParseWhole(number.substr(0, point), percent) || !ParseWhole(decimals, rest) || percent > 100)
    return no_share();
  const std::uint64_t millionths = percent * kMillionthsOfAPercent + rest;
  if (millionths == 0 || millionths > runtime::Share::kAll) return no_share();
  return runtime::Share{static_cast<std::uint32_t>(millionths)};
}

std::string Text(const runtime::Share& share) {
  std::string text = std::to_string(share.millionths / kMillionthsOfAPercent);
  if (const std::uint32_t rest = share.millionths % kMillionthsOfAPercent; rest > 0) {
    std::string decimals = std::to_string(rest);
    decimals.insert(0, kShareDecimals - decimals.size(), '0');
    text += "." + decimals.substr(0, decimals.find_last_not_of('0') + 1);
  }
  return text + "%";
}

}  // namespace lull::connectors
