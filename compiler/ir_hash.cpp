#include "compiler/ir_hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/moment.h"
#include "runtime/record.h"

namespace lull::compiler {
namespace {

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

class Hasher {
 public:
  Hasher() : state_(XXH3_createState()) { XXH3_128bits_reset(state_.get()); }

  void Add(std::span<const std::uint64_t> words) {
    XXH3_128bits_update(state_.get(), words.data(), words.size_bytes());
  }
  void Add(std::string_view text) {
    const std::uint64_t size[] = {text.size()};
    Add(size);
    XXH3_128bits_update(state_.get(), text.data(), text.size());
  }

  std::string Digits() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  std::unique_ptr<XXH3_state_t, FreeState> state_;
};

void AddLayout(Hasher& hasher) {
  using runtime::Moment;
  const std::uint64_t layout[] = {offsetof(Moment, now),
                                  offsetof(Moment, age_now),
                                  offsetof(Moment, event_time),
                                  offsetof(Moment, record),
                                  offsetof(Moment, next_wake),
                                  offsetof(Moment, fields),
                                  offsetof(Moment, from),
                                  offsetof(Moment, out),
                                  sizeof(runtime::RecordHeader),
                                  offsetof(runtime::RecordHeader, first_event),
                                  sizeof(Moment),
                                  sizeof(runtime::FieldValue)};
  hasher.Add(layout);
}

void AddAbi(Hasher& hasher, std::span<const runtime::AbiFunction> abi) {
  for (const runtime::AbiFunction& function : abi) {
    hasher.Add(function.name);
    std::vector<std::uint64_t> words = {static_cast<std::uint64_t>(function.result),
                                        function.takes_moment ? 1U : 0U};
    for (const runtime::AbiType type : function.parameters) words.push_back(static_cast<std::uint64_t>(type));
    hasher.Add(words);
  }
}

void AddFunction(Hasher& hasher, const Function& function, std::vector<std::uint64_t>& words) {
  hasher.Add(function.name);
  words.assign({function.locals.size(), function.label_count, function.code.size()});
  for (const IrType type : function.locals) words.push_back(static_cast<std::uint64_t>(type));
  for (const Instruction& made : function.code) {
    const std::array<std::uint64_t, 5> kinds = {
        static_cast<std::uint64_t>(made.op), static_cast<std::uint64_t>(made.type),
        static_cast<std::uint64_t>(made.compare), static_cast<std::uint64_t>(made.slot),
        made.guarded ? 1U : 0U};
    std::uint64_t packed = 0;
    for (const std::uint64_t kind : kinds) packed = packed << 8 | kind;
    words.push_back(packed);
    words.push_back(std::uint64_t{made.a} << 32 | made.b);
    words.push_back(static_cast<std::uint64_t>(made.integer));
    words.push_back(std::bit_cast<std::uint64_t>(made.number));
    words.push_back(made.args.size());
    words.insert(words.end(), made.args.begin(), made.args.end());
  }
  hasher.Add(words);
}

}  // namespace

std::string HashOf(const Module& module, std::span<const runtime::AbiFunction> abi) {
  Hasher hasher;
  AddLayout(hasher);
  AddAbi(hasher, abi);
  for (const std::string& text : module.texts) hasher.Add(text);
  std::vector<std::uint64_t> words;
  for (const Function& function : module.functions) AddFunction(hasher, function, words);
  return hasher.Digits();
}

}  // namespace lull::compiler
