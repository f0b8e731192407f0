// Bundles and their signatures: nothing that was changed after it was signed passes.
#include "connectors/nats/bundle.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "connectors/signing/signing.h"

namespace lull::connectors {
namespace {

const BundleFiles kFiles = {{"a.lull", "ruleset a {}\n"}, {"b.csv", "\"x\",1\n"}};

SigningKey NewKey() { return std::move(*SigningKey::Generate()); }

Bundle Signed(const SigningKey& key, BundleFiles files = kFiles) {
  Bundle bundle = MakeBundle({.deployment = "shop",
                              .revision = 7,
                              .hash = {},
                              .by = "Ann \"A\"",
                              .comment = "why\nnot",
                              .at_micros = 1'772'000'000'000'000,
                              .of = 3},
                             std::move(files));
  bundle.signatures.push_back({key.PublicKey(), key.Sign(bundle.signed_text)});
  return bundle;
}

TEST(Bundle, IsReadAsItWasWritten) {
  const SigningKey key = NewKey();
  const Bundle bundle = Signed(key);
  const Result<Bundle> read = ParseBundle(ToJson(bundle));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->signed_text, bundle.signed_text);
  EXPECT_EQ(read->files, kFiles);
  EXPECT_EQ(read->manifest.by, "Ann \"A\"");
  EXPECT_EQ(read->manifest.comment, "why\nnot");
  EXPECT_EQ(read->manifest.revision, 7U);
  EXPECT_EQ(read->manifest.of, 3U);
  EXPECT_TRUE(CheckBundle(*read, "shop", 7).has_value());
  EXPECT_EQ(SignersOf(*read, {key.PublicKey()}), std::vector<std::string>{key.PublicKey()});
}

TEST(Bundle, NothingThatWasChangedPasses) {
  const SigningKey key = NewKey();
  const std::vector<std::string> trusted = {key.PublicKey()};
  const std::string json = ToJson(Signed(key));
  // Each byte once: whatever is still a bundle has no signer, or is not what it says.
  std::size_t read_again = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    std::string changed = json;
    changed[at] = changed[at] == '7' ? '8' : '7';
    const Result<Bundle> read = ParseBundle(changed);
    if (!read) continue;
    ++read_again;
    const bool passes = CheckBundle(*read, "shop", 7).has_value() && !SignersOf(*read, trusted).empty();
    EXPECT_FALSE(passes) << "at " << at << ": " << changed;
  }
  EXPECT_GT(read_again, 100U);
}

TEST(Bundle, IsOfOneDeploymentAndOneRevision) {
  const Bundle bundle = Signed(NewKey());
  EXPECT_TRUE(CheckBundle(bundle, "shop", 7).has_value());
  EXPECT_FALSE(CheckBundle(bundle, "other", 7).has_value());
  EXPECT_FALSE(CheckBundle(bundle, "shop", 8).has_value());
  Bundle moved = bundle;
  moved.files = {{"a.lull", "ruleset a {}\n\"x\",1\n"}};
  EXPECT_FALSE(CheckBundle(moved, "shop", 7).has_value());
}

TEST(Bundle, SignersAreCountedOnce) {
  const SigningKey ann = NewKey();
  const SigningKey bob = NewKey();
  Bundle bundle = Signed(ann);
  bundle.signatures.push_back(bundle.signatures.front());
  const std::vector<std::string> trusted = {ann.PublicKey(), bob.PublicKey(), ann.PublicKey()};
  EXPECT_EQ(SignersOf(bundle, trusted).size(), 1U);
  // A signature of another under one's own name counts for nobody.
  bundle.signatures.push_back({bob.PublicKey(), bundle.signatures.front().signature});
  EXPECT_EQ(SignersOf(bundle, trusted).size(), 1U);
  bundle.signatures.push_back({bob.PublicKey(), bob.Sign(bundle.signed_text)});
  EXPECT_EQ(SignersOf(bundle, trusted).size(), 2U);
  EXPECT_TRUE(SignersOf(bundle, {}).empty());
}

TEST(Bundle, WhatIsNoneIsRefused) {
  for (const char* json :
       {"", "{}", "no json", "[]", R"({"format":1})",
        R"({"format":2,"manifest":"{}","signatures":[],"files":[]})",
        R"({"format":1,"manifest":"{}","signatures":[],"files":[]})",
        R"({"format":1,"manifest":"{}","signatures":[{}],"files":[{"name":"a","text":"b"}]})"}) {
    EXPECT_FALSE(ParseBundle(json).has_value()) << json;
  }
}

TEST(Bundle, HashesTellFilesApart) {
  EXPECT_NE(ContentHash({{"a", "bc"}}), ContentHash({{"ab", "c"}}));
  EXPECT_NE(ContentHash({{"a", "b"}, {"c", "d"}}), ContentHash({{"a", "bc"}, {"", "d"}}));
  EXPECT_EQ(ContentHash(kFiles).size(), 64U);
}

TEST(SigningKeyTest, IsAFileOfItsOwnerOnly) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "signing_key_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const std::filesystem::path file = folder / "key";
  const SigningKey key = NewKey();
  ASSERT_TRUE(key.Write(file).has_value());
  EXPECT_FALSE(key.Write(file).has_value()) << "a key must not be overwritten";
  struct stat info {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  Result<SigningKey> read = SigningKey::Read(file);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->PublicKey(), key.PublicKey());
  EXPECT_TRUE(IsPublicKey(key.PublicKey()));
  EXPECT_TRUE(IsSignedBy(key.PublicKey(), "text", read->Sign("text")));
  EXPECT_FALSE(IsSignedBy(key.PublicKey(), "texT", read->Sign("text")));
  EXPECT_FALSE(IsSignedBy(NewKey().PublicKey(), "text", read->Sign("text")));
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  EXPECT_FALSE(SigningKey::Read(file).has_value());
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  std::ofstream(file) << key.PublicKey() << "\n";
  EXPECT_FALSE(SigningKey::Read(file).has_value()) << "a public key is no private one";
  EXPECT_FALSE(SigningKey::Read(folder / "none").has_value());
  std::filesystem::remove_all(folder);
}

TEST(SigningKeyTest, PublicKeysAreRecognised) {
  EXPECT_FALSE(IsPublicKey(""));
  EXPECT_FALSE(IsPublicKey("ed25519:12"));
  EXPECT_FALSE(IsPublicKey("ed25519:" + std::string(63, 'a') + "x"));
  EXPECT_TRUE(IsPublicKey("ed25519:" + std::string(64, 'a')));
}

}  // namespace
}  // namespace lull::connectors
