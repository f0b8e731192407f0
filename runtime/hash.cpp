#include "runtime/hash.h"

#include <random>

namespace lull::runtime {
namespace {

std::uint64_t DrawSeed() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

const std::uint64_t kTableSeed = DrawSeed();

}  // namespace lull::runtime
