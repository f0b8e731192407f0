#include "connectors/nats/bundle.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "connectors/json_text.h"
#include "connectors/signing/signing.h"

namespace lull::connectors {
namespace {

using simdjson::SUCCESS;

constexpr std::int64_t kFormat = 1;
constexpr std::int64_t kRolloutFormat = 2;
constexpr std::array<std::string_view, 3> kEnds = {"", "promote", "fall_back"};
void Member(std::string& out, std::string_view name, std::string_view text) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += name;
  out += "\":";
  AppendJsonText(out, text);
}

template <std::integral Number>
void Member(std::string& out, std::string_view name, Number number) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += name;
  out += "\":" + std::to_string(number);
}

bool Read(simdjson::dom::element from, const char* name, std::string& out) {
  std::string_view text;
  if (from[name].get(text) != SUCCESS) return false;
  out = text;
  return true;
}

std::string ManifestText(const Manifest& manifest) {
  std::string out = "{";
  const bool is_of_rollout = manifest.rollout || manifest.end != RolloutEnd::kNone;
  Member(out, "format", is_of_rollout ? kRolloutFormat : kFormat);
  Member(out, "deployment", manifest.deployment);
  Member(out, "revision", manifest.revision);
  Member(out, "hash", manifest.hash);
  Member(out, "by", manifest.by);
  Member(out, "comment", manifest.comment);
  Member(out, "at", manifest.at_micros);
  Member(out, "of", manifest.of);
  if (manifest.rollout) out += ",\"rollout\":" + ToJson(*manifest.rollout);
  if (manifest.end != RolloutEnd::kNone) Member(out, "end", kEnds[static_cast<std::size_t>(manifest.end)]);
  return out + "}";
}

bool ReadRollout(simdjson::dom::element root, Manifest& manifest) {
  std::string_view end;
  if (root["end"].get(end) == SUCCESS) {
    const auto found = std::ranges::find(kEnds, end);
    if (found == kEnds.end()) return false;
    manifest.end = static_cast<RolloutEnd>(found - kEnds.begin());
  }
  simdjson::dom::element rollout;
  if (root["rollout"].get(rollout) != SUCCESS) return true;
  Result<RolloutPlan> plan = ParseRolloutPlan(simdjson::minify(rollout));
  if (plan) manifest.rollout = std::move(*plan);
  return plan.has_value();
}

bool ParseManifest(std::string_view text, Manifest& manifest) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::int64_t format = 0;
  return parser.parse(text.data(), text.size()).get(root) == SUCCESS &&
         root["format"].get(format) == SUCCESS &&
         (format == kFormat || (format == kRolloutFormat && ReadRollout(root, manifest))) &&
         Read(root, "deployment", manifest.deployment) &&
         root["revision"].get(manifest.revision) == SUCCESS && Read(root, "hash", manifest.hash) &&
         Read(root, "by", manifest.by) && Read(root, "comment", manifest.comment) &&
         root["at"].get(manifest.at_micros) == SUCCESS && root["of"].get(manifest.of) == SUCCESS;
}

bool ReadLists(simdjson::dom::element root, Bundle& bundle) {
  simdjson::dom::array signatures;
  simdjson::dom::array files;
  if (root["signatures"].get(signatures) != SUCCESS || root["files"].get(files) != SUCCESS) return false;
  for (const simdjson::dom::element each : signatures) {
    BundleSignature& signature = bundle.signatures.emplace_back();
    if (!Read(each, "key", signature.key) || !Read(each, "signature", signature.signature)) return false;
  }
  for (const simdjson::dom::element each : files) {
    auto& [name, text] = bundle.files.emplace_back();
    if (!Read(each, "name", name) || !Read(each, "text", text)) return false;
  }
  return !bundle.files.empty();
}

}  // namespace

Bundle MakeBundle(Manifest manifest, BundleFiles files) {
  manifest.hash = ContentHash(files);
  Bundle bundle{
      .manifest = std::move(manifest), .signed_text = {}, .signatures = {}, .files = std::move(files)};
  bundle.signed_text = ManifestText(bundle.manifest);
  return bundle;
}

std::string ToJson(const Bundle& bundle) {
  std::string out = "{";
  Member(out, "format", kFormat);
  Member(out, "manifest", bundle.signed_text);
  out += ",\"signatures\":[";
  for (const BundleSignature& signature : bundle.signatures) {
    out += out.back() == '[' ? "{" : ",{";
    Member(out, "key", signature.key);
    Member(out, "signature", signature.signature);
    out += '}';
  }
  out += "],\"files\":[";
  for (const auto& [name, text] : bundle.files) {
    out += out.back() == '[' ? "{" : ",{";
    Member(out, "name", name);
    Member(out, "text", text);
    out += '}';
  }
  return out + "]}";
}

Result<Bundle> ParseBundle(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::int64_t format = 0;
  Bundle bundle;
  const bool whole = parser.parse(json.data(), json.size()).get(root) == SUCCESS &&
                     root["format"].get(format) == SUCCESS && format == kFormat &&
                     Read(root, "manifest", bundle.signed_text) && ReadLists(root, bundle) &&
                     ParseManifest(bundle.signed_text, bundle.manifest);
  if (!whole) return Fail("not a bundle that this version of Lull can read");
  return bundle;
}

std::vector<std::string> SignersOf(const Bundle& bundle, const std::vector<std::string>& trusted_keys) {
  std::vector<std::string> signers;
  for (const std::string& key : trusted_keys) {
    const bool has_signed = std::ranges::any_of(bundle.signatures, [&](const BundleSignature& signature) {
      return signature.key == key && IsSignedBy(key, bundle.signed_text, signature.signature);
    });
    if (has_signed && std::ranges::find(signers, key) == signers.end()) signers.push_back(key);
  }
  return signers;
}

Status CheckBundle(const Bundle& bundle, std::string_view deployment, std::uint64_t revision) {
  const Manifest& manifest = bundle.manifest;
  if (manifest.deployment != deployment) {
    return Fail("the bundle is for deployment \"" + manifest.deployment + "\", not for \"" +
                std::string(deployment) + "\"");
  }
  if (manifest.revision != revision) {
    return Fail("the bundle says that it is revision " + std::to_string(manifest.revision) +
                ", and stands as revision " + std::to_string(revision));
  }
  if (ContentHash(bundle.files) != manifest.hash) {
    return Fail("the files of the bundle are not those that were signed: their hash is another one");
  }
  return {};
}

}  // namespace lull::connectors
