// The blocks of a function and who dominates whom.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir.h"

namespace lull::compiler {

using BlockId = std::uint32_t;
inline constexpr BlockId kNoBlock = 0xFFFF'FFFF;

struct Block {
  ValueId first = 0;  // the label, if it has one
  ValueId end = 0;    // one past the terminator
  std::vector<BlockId> successors;
};

/// Only for functions whose blocks each end in one terminator and whose labels are each bound once: see
/// Verify(). Block 0 is the entry.
class Flow {
 public:
  explicit Flow(const Function& function);

  const std::vector<Block>& blocks() const { return blocks_; }
  /// Blocks that can be reached, each after all that dominate it.
  const std::vector<BlockId>& order() const { return order_; }
  BlockId block_of(ValueId instruction) const { return block_of_[instruction]; }
  BlockId block_at(LabelId label) const { return block_at_[label]; }
  bool Reachable(BlockId block) const { return position_[block] != kNoBlock; }
  /// Both must be reachable; a block dominates itself.
  bool Dominates(BlockId above, BlockId below) const;

 private:
  void FindBlocks(const Function& function);
  void FindOrder();
  void FindDominators();

  std::vector<Block> blocks_;
  std::vector<BlockId> block_of_;
  std::vector<BlockId> block_at_;
  std::vector<BlockId> order_;
  std::vector<std::uint32_t> position_;  // in order_, by block
  std::vector<BlockId> dominator_;       // the nearest one above, by block
};

}  // namespace lull::compiler
