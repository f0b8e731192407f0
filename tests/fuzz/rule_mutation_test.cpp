// Damaged rule texts: each is refused with a diagnostic, or compiles to a well formed module that runs over a
// log without breaking anything.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "compiler/compile.h"
#include "compiler/interpreter.h"
#include "compiler/ir_verifier.h"
#include "compiler/native.h"
#include "dsl/load.h"
#include "dsl/render.h"
#include "tests/fuzz/fuzz_seed.h"
#include "tests/fuzz/log_mutations.h"
#include "tests/fuzz/log_run.h"
#include "tests/fuzz/sample_rules.h"

namespace lull::test {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

/// Rules take longer than lines: one round for so many of LULL_FUZZ_COUNT.
constexpr std::uint64_t kRulesEvery = 10;
/// Of the rulesets that compile, native code is made for one in so many.
constexpr std::uint64_t kNativeEvery = 25;

/// Places of a text between which lies a word, a number or a sign.
struct Word {
  std::size_t begin = 0;
  std::size_t size = 0;
};

bool IsWordByte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; }

std::vector<Word> WordsOf(const std::string& text) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (IsWordByte(text[at]) && end < text.size() && IsWordByte(text[end])) ++end;
    words.push_back({at, end - at});
    at = end;
  }
  return words;
}

std::string OddNumber(FuzzRandom& random) {
  constexpr std::array kNumbers = {"0",
                                   "1",
                                   "-1",
                                   "0.0000001",
                                   "4_096",
                                   "1_000_000_000",
                                   "9223372036854775807",
                                   "9223372036854775808",
                                   "1e308",
                                   "99999999999999999999999",
                                   "0 hours",
                                   "1 second",
                                   "106751991 days",
                                   "99999999999 weeks",
                                   "0%",
                                   "100%",
                                   "101%",
                                   "922337203685477.5807 USD",
                                   "2026-02-30",
                                   "24:00",
                                   "23:59",
                                   "2200-01-01"};
  return kNumbers[Below(random, kNumbers.size())];
}

bool IsNumber(const std::string& text, const Word& word) {
  return std::isdigit(static_cast<unsigned char>(text[word.begin])) != 0;
}

void DamageOneLine(FuzzRandom& random, std::string& text, std::size_t at) {
  const std::size_t before = text.rfind('\n', at);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  const std::size_t end = std::min(text.find('\n', at), text.size());
  std::string line = text.substr(begin, end - begin);
  DamageLine(random, line);
  text.replace(begin, end - begin, line);
}

void DamageText(FuzzRandom& random, std::string& text, const std::string& other) {
  const std::vector<Word> words = WordsOf(text);
  const std::vector<Word> others = WordsOf(other);
  if (words.empty() || others.empty()) return;
  const Word word = words[Below(random, words.size())];
  const Word from = others[Below(random, others.size())];
  switch (Below(random, 10)) {
    case 0:
      DamageOneLine(random, text, word.begin);
      return;
    case 1:
      text.erase(word.begin, word.size);
      return;
    case 2:
      text.insert(word.begin, text.substr(word.begin, word.size) + " ");
      return;
    case 3:
      text.erase(word.begin, 1 + Below(random, 200));
      return;
    case 4:
      text.insert(word.begin, other.substr(from.begin, 1 + Below(random, 200)));
      return;
    case 5:
    case 6:
      text.replace(word.begin, word.size, other.substr(from.begin, from.size));
      return;
    default:
      // What is still a number has a good chance to compile.
      for (std::size_t tries = 0; tries < 50; ++tries) {
        const Word number = words[Below(random, words.size())];
        if (!IsNumber(text, number)) continue;
        text.replace(number.begin, number.size,
                     OneIn(random, 3) ? std::to_string(Below(random, 100)) : OddNumber(random));
        return;
      }
  }
}

Texts DamagedRules(FuzzRandom& random, const std::string& name) {
  Texts texts = RuleTexts(name);
  for (std::size_t count = 1 + Below(random, 3); count > 0; --count) {
    std::string& text = texts[Below(random, texts.size())].second;
    const std::string other = texts[Below(random, texts.size())].second;
    DamageText(random, text, other);
  }
  return texts;
}

std::string Show(const Texts& texts) {
  std::string all;
  for (const auto& [name, text] : texts) all += "---- " + name + "\n" + text;
  return all;
}

TEST(RuleMutation, DamagedRulesAreRefusedOrRun) {
  const std::vector<SampleRules>& all = AllSampleRules();
  std::uint64_t good = 0;
  std::uint64_t rounds = 0;
  for (; rounds < FuzzCount() / kRulesEvery + 1 && !HasFailure(); ++rounds) {
    const std::uint64_t seed = FirstFuzzSeed() + rounds;
    SCOPED_TRACE("LULL_FUZZ_SEED=" + std::to_string(seed) + " LULL_FUZZ_COUNT=1");
    const FuzzRound round(seed);
    FuzzRandom random(seed);
    const SampleRules& rules = all[Below(random, all.size())];
    const Texts texts = DamagedRules(random, rules.name);
    const dsl::LoadedRuleset loaded = dsl::LoadRulesetTexts(texts);
    if (!loaded.good()) {
      EXPECT_FALSE(dsl::RenderAll(loaded.diagnostics, loaded.sources).empty()) << Show(texts);
      continue;
    }
    const auto compiled = compiler::Compile(loaded.program);
    if (!compiled) {
      EXPECT_FALSE(compiled.error().message.empty()) << Show(texts);
      continue;
    }
    ++good;
    ASSERT_EQ(compiler::Verify(*compiled->module), std::vector<std::string>()) << Show(texts);
    const runtime::Program program{compiled->ruleset, compiler::MakeInterpreted(compiled->module)};
    const std::vector<std::string> lines = DamagedPart(random, rules.log);
    const LogSetup setup = LogSetup::Random(random);
    const LogBooks books = RunLog(program, lines, setup);
    if (HasFailure()) FAIL() << Show(texts);
    if (!OneIn(random, kNativeEvery)) continue;
    compiler::NativeOptions options;
    options.level = static_cast<int>(Below(random, 3));
    const auto native = compiler::CompileNative(*compiled->module, options);
    ASSERT_TRUE(native.has_value()) << native.error().message << Show(texts);
    EXPECT_EQ(books.decisions, RunLog({compiled->ruleset, *native}, lines, setup).decisions) << Show(texts);
  }
  std::cout << good << " of " << rounds << " damaged rulesets ran\n";
  if (rounds < 100) return;
  EXPECT_GT(good, rounds / 20);
  EXPECT_LT(good, rounds);
}

}  // namespace
}  // namespace lull::test
