#include "compiler/ir_flow.h"

#include <algorithm>
#include <utility>

#include "compiler/ir_ops.h"

namespace lull::compiler {

Flow::Flow(const Function& function) {
  FindBlocks(function);
  FindOrder();
  FindDominators();
}

void Flow::FindBlocks(const Function& function) {
  block_at_.assign(function.label_count, kNoBlock);
  block_of_.resize(function.code.size());
  bool open = false;
  for (ValueId i = 0; i < function.code.size(); ++i) {
    const Instruction& instruction = function.code[i];
    if (!open) blocks_.push_back({.first = i, .end = i, .successors = {}});
    block_of_[i] = static_cast<BlockId>(blocks_.size() - 1);
    if (instruction.op == Op::kLabel) block_at_[instruction.a] = block_of_[i];
    blocks_.back().end = i + 1;
    open = !InfoOf(instruction.op).ends_block;
  }
  for (Block& block : blocks_) {
    const Instruction& last = function.code[block.end - 1];
    if (last.op == Op::kBranch) block.successors = {block_at_[last.a]};
    if (last.op == Op::kBranchIf) block.successors = {block_at_[last.a], block_at_[last.b]};
  }
}

void Flow::FindOrder() {
  position_.assign(blocks_.size(), kNoBlock);
  if (blocks_.empty()) return;
  std::vector<bool> seen(blocks_.size(), false);
  std::vector<std::pair<BlockId, std::size_t>> path = {{0, 0}};
  seen[0] = true;
  while (!path.empty()) {
    auto& [block, next] = path.back();
    if (next == blocks_[block].successors.size()) {
      order_.push_back(block);
      path.pop_back();
      continue;
    }
    const BlockId successor = blocks_[block].successors[next++];
    if (seen[successor]) continue;
    seen[successor] = true;
    path.emplace_back(successor, 0);
  }
  std::ranges::reverse(order_);
  for (std::uint32_t i = 0; i < order_.size(); ++i) position_[order_[i]] = i;
}

// Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm" (2001).
void Flow::FindDominators() {
  dominator_.assign(blocks_.size(), kNoBlock);
  if (blocks_.empty()) return;
  std::vector<std::vector<BlockId>> predecessors(blocks_.size());
  for (const BlockId block : order_) {
    for (const BlockId successor : blocks_[block].successors) predecessors[successor].push_back(block);
  }
  dominator_[0] = 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (const BlockId block : order_) {
      if (block == 0) continue;
      BlockId common = kNoBlock;
      for (BlockId other : predecessors[block]) {
        if (dominator_[other] == kNoBlock) continue;
        while (common != kNoBlock && common != other) {
          BlockId& lower = position_[common] > position_[other] ? common : other;
          lower = dominator_[lower];
        }
        common = other;
      }
      changed |= std::exchange(dominator_[block], common) != common;
    }
  }
}

bool Flow::Dominates(BlockId above, BlockId below) const {
  while (position_[below] > position_[above]) below = dominator_[below];
  return above == below;
}

}  // namespace lull::compiler
