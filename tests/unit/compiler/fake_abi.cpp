#include "tests/unit/compiler/fake_abi.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <type_traits>
#include <utility>

#include "compiler/ir_semantics.h"
#include "tests/unit/compiler/world.h"

namespace lull::compiler::test {
namespace {

using runtime::AbiFunction;
using runtime::AbiId;
using runtime::Moment;
using runtime::TextView;

thread_local std::vector<std::string> g_calls;

template <typename T>
std::string Shown(T value) {
  if constexpr (std::is_same_v<T, Moment*>) {
    return "moment";
  } else if constexpr (std::is_same_v<T, TextView>) {
    return value.known() ? fmt::format("'{}'", value.view()) : "unknown";
  } else if constexpr (std::is_same_v<T, double>) {
    return fmt::format("{:016x}", std::bit_cast<std::uint64_t>(value));
  } else {
    return fmt::format("{}", value);
  }
}

template <typename T>
T Answer(std::uint64_t hash) {
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    return hash & 1;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return InterestingIntegers()[hash % InterestingIntegers().size()];
  } else if constexpr (std::is_same_v<T, double>) {
    return InterestingNumbers()[hash % InterestingNumbers().size()];
  } else {
    const std::size_t index = hash % (InterestingTexts().size() + 1);
    return index == InterestingTexts().size() ? TextView{} : TextView::Of(InterestingTexts()[index]);
  }
}

void Disturb(Moment& moment, std::uint64_t hash) {
  const std::size_t slot = hash % kWorldWideSlots;
  SetWorldInteger(moment.record, slot, InterestingIntegers()[(hash >> 8) % InterestingIntegers().size()]);
  runtime::SetBit(moment.record, static_cast<std::uint32_t>((hash >> 16) % kWorldConditions),
                  (hash >> 32) & 1);
  if ((hash >> 33) % 4 == 0)
    moment.next_wake = moment.now + 1 + static_cast<std::int64_t>((hash >> 40) % 1'000);
}

template <AbiId kId, typename Function>
struct Fake;

template <AbiId kId, typename Result, typename... Parameters>
struct Fake<kId, Result (*)(Parameters...)> {
  static Result Call(Parameters... parameters) {
    std::string call = fmt::format("{}", static_cast<unsigned>(kId));
    ((call += ' ' + Shown(parameters)), ...);
    const std::uint64_t hash = XXH3_64bits(call.data(), call.size());
    (Note(parameters, call, hash), ...);
    if constexpr (!std::is_void_v<Result>) return Answer<Result>(hash);
  }

  template <typename T>
  static void Note([[maybe_unused]] T parameter, [[maybe_unused]] const std::string& call,
                   [[maybe_unused]] std::uint64_t hash) {
    if constexpr (std::is_same_v<T, Moment*>) {
      g_calls.push_back(call);
      Disturb(*parameter, hash);
    }
  }
};

std::vector<AbiFunction> MakeFakes() {
  const auto real = runtime::AbiFunctions();
  std::vector<AbiFunction> fakes(real.begin(), real.end());
#define X(name)                                             \
  fakes[static_cast<std::size_t>(AbiId::k##name)].address = \
      reinterpret_cast<void*>(&Fake<AbiId::k##name, decltype(&runtime::abi::name)>::Call);
  LULL_ABI_FUNCTIONS(X)
#undef X
  return fakes;
}

}  // namespace

std::span<const AbiFunction> FakeAbi() {
  static const std::vector<AbiFunction> kFakes = MakeFakes();
  return kFakes;
}

std::vector<std::string> TakeFakeCalls() { return std::exchange(g_calls, {}); }

std::span<const std::int64_t> InterestingIntegers() {
  static const std::vector<std::int64_t> kValues = {kUnknown,
                                                    kUnknown + 1,
                                                    kNever,
                                                    kNever - 1,
                                                    -1,
                                                    0,
                                                    1,
                                                    2,
                                                    3,
                                                    254,
                                                    255,
                                                    256,
                                                    0xFFFF'FFFF,
                                                    0xFFFF'FFFE,
                                                    1'000'000,
                                                    -1'000'000,
                                                    kEventMicrosMin,
                                                    kEventMicrosMax,
                                                    kWorldNow,
                                                    kWorldNow - 1,
                                                    kWorldNow + 1,
                                                    kWorldNow + 500};
  return kValues;
}

std::span<const double> InterestingNumbers() {
  static const std::vector<double> kValues = {kUnknownNumber,
                                              0,
                                              1,
                                              -1,
                                              0.1,
                                              0.2,
                                              0.3,
                                              1.0 / 3,
                                              1e308,
                                              -1e308,
                                              1.7976931348623157e308,
                                              5e-324,
                                              -5e-324,
                                              2.2250738585072014e-308,
                                              9007199254740993.0,
                                              1e16,
                                              -7.5,
                                              0.5,
                                              1e-200,
                                              3};
  return kValues;
}

std::span<const std::string> InterestingTexts() {
  static const std::vector<std::string> kValues = {
      "", "a", "abc", "ABC", "abcabc", "a*c", "\xC3\xA9t\xC3\xA9", "z"};
  return kValues;
}

}  // namespace lull::compiler::test
