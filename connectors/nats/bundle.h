// What is deployed through the bucket: the files of a ruleset, a manifest that says which revision they are
// and who brings them why, and signatures of the manifest.
//
// One JSON object: {"format": 1, "manifest": TEXT, "signatures": [{"key", "signature"}], "files": [{"name",
// "text"}]}. The manifest is the JSON text that was signed, byte by byte: {"format": 1, "deployment",
// "revision", "hash", "by", "comment", "at", "of"}. It holds the hash of the files, and the deployment and
// revision that they are for: so no signature can be used again for anything else. That of a candidate, or of
// the end of one, has format 2, with "rollout" (connectors/nats/rollout_plan.h) or "end": "promote" or
// "fall_back" of the revision "of".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/nats/rollout_plan.h"
#include "runtime/base/result.h"

namespace lull::connectors {

using BundleFiles = std::vector<std::pair<std::string, std::string>>;  // names and texts

/// What a revision does to the candidate under way.
enum class RolloutEnd : std::uint8_t { kNone, kPromote, kFallBack };

struct Manifest {
  std::string deployment;
  std::uint64_t revision = 0;
  std::string hash;  // ContentHash of the files
  std::string by;
  std::string comment;
  std::int64_t at_micros = 0;          // of the machine that deployed
  std::uint64_t of = 0;                // of a rollback: the revision whose files these are; else 0
  std::optional<RolloutPlan> rollout;  // a candidate
  RolloutEnd end = RolloutEnd::kNone;  // of the candidate `of`, whose files these are
};

struct BundleSignature {
  std::string key;  // public
  std::string signature;
};

struct Bundle {
  Manifest manifest;
  std::string signed_text;  // the manifest as it was signed
  std::vector<BundleSignature> signatures;
  BundleFiles files;
};

/// With its manifest as text, and without signatures.
Bundle MakeBundle(Manifest manifest, BundleFiles files);
std::string ToJson(const Bundle& bundle);
/// Fails on anything that ToJson does not write. Nothing is verified.
Result<Bundle> ParseBundle(std::string_view json);

/// Which of the keys have signed the manifest, each once, in their order.
std::vector<std::string> SignersOf(const Bundle& bundle, const std::vector<std::string>& trusted_keys);

/// Whether the bundle is what it says: this deployment and revision, and its own files.
Status CheckBundle(const Bundle& bundle, std::string_view deployment, std::uint64_t revision);

}  // namespace lull::connectors
