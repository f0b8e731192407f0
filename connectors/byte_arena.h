// Memory for the decoded texts of one batch: handed out in order, taken back all at once.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace lull::connectors {

class ByteArena {
 public:
  /// `size` bytes that stay until Reset.
  char* Allocate(std::size_t size) {
    if (blocks_.empty() || used_ + size > blocks_[block_].size) NextBlock(size);
    char* bytes = blocks_[block_].bytes.get() + used_;
    used_ += size;
    return bytes;
  }

  /// Takes everything back and keeps the memory for later.
  void Reset() {
    block_ = 0;
    used_ = 0;
  }

 private:
  static constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  void NextBlock(std::size_t size) {
    used_ = 0;
    for (block_ = blocks_.empty() ? 0 : block_ + 1; block_ < blocks_.size(); ++block_) {
      if (size <= blocks_[block_].size) return;
    }
    const std::size_t block_bytes = size > kBlockBytes ? size : kBlockBytes;
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(block_bytes), block_bytes});
  }

  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

}  // namespace lull::connectors
