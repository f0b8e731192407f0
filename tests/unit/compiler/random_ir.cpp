#include "tests/unit/compiler/random_ir.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "compiler/ir_builder.h"
#include "compiler/ir_types.h"
#include "tests/unit/compiler/fake_abi.h"

namespace lull::compiler::test {
namespace {

constexpr std::size_t kDepthMax = 3;

class FunctionMaker {
 public:
  FunctionMaker(Random& random, Module& module, Function& function, runtime::FunctionId number)
      : random_(random), builder_(module, function), number_(number) {}

  void Run(std::size_t statements) {
    for (const IrType type : {IrType::kBool, IrType::kI64, IrType::kF64, IrType::kText}) {
      locals_.push_back(builder_.NewLocal(type));
      locals_.push_back(builder_.NewLocal(type));
      Keep(Leaf(type));
    }
    for (std::size_t i = 0; i < statements; ++i) Statement(0);
    if (Pick(4) == 0) {
      builder_.Return();
    } else {
      builder_.Return(Any(IrType::kBool));
    }
  }

 private:
  using Pools = std::array<std::vector<ValueId>, 5>;

  std::size_t Pick(std::size_t count) { return random_() % count; }
  std::vector<ValueId>& Pool(IrType type) { return pools_[static_cast<std::size_t>(type)]; }
  ValueId Any(IrType type) { return Pool(type)[Pick(Pool(type).size())]; }
  void Keep(ValueId value) { Pool(builder_.type_of(value)).push_back(value); }
  IrType AnyType() {
    constexpr IrType kTypes[] = {IrType::kBool, IrType::kI64, IrType::kF64, IrType::kText};
    return kTypes[Pick(4)];
  }
  IrCompare AnyCompare() { return static_cast<IrCompare>(Pick(6)); }
  std::uint32_t Number(std::uint32_t count) { return static_cast<std::uint32_t>(Pick(count)); }

  ValueId Leaf(IrType type) {
    if (type == IrType::kBool) {
      return Pick(8) == 0 ? builder_.ConstBool(Pick(2) == 0) : builder_.Held(Number(kWorldConditions));
    }
    const auto index = static_cast<std::uint32_t>(type) - static_cast<std::uint32_t>(IrType::kI64);
    switch (Pick(4)) {
      case 0:
        return Constant(type);
      case 1:
        if (type == IrType::kI64) return MomentValue();
        [[fallthrough]];
      case 2:
        if (type != IrType::kText) return LoadSlot(type);
        [[fallthrough]];
      default:
        return builder_.Field(Number(kWorldFields / 3) * 3 + index, type);
    }
  }

  ValueId Constant(IrType type) {
    if (Pick(6) == 0) return builder_.Unknown(type);
    if (type == IrType::kI64)
      return builder_.ConstI64(InterestingIntegers()[Pick(InterestingIntegers().size())]);
    if (type == IrType::kF64)
      return builder_.ConstF64(InterestingNumbers()[Pick(InterestingNumbers().size())]);
    return builder_.ConstText(InterestingTexts()[Pick(InterestingTexts().size())]);
  }

  ValueId MomentValue() {
    switch (Pick(5)) {
      case 0:
        return builder_.Now();
      case 1:
        return builder_.AgeNow();
      case 2:
        return builder_.EventTime();
      case 3:
        return builder_.From();
      default:
        return builder_.FirstEvent();
    }
  }

  struct Slot {
    std::uint32_t offset;
    runtime::SlotKind kind;
  };
  Slot AnySlot(IrType type) {
    const std::uint32_t pair = Number(kWorldWideSlots / 2);
    if (type == IrType::kF64) return {kWorldWideOffset + pair * 16 + 8, runtime::SlotKind::kF64};
    switch (Pick(3)) {
      case 0:
        return {kWorldU8Offset + Number(kWorldNarrowSlots), runtime::SlotKind::kU8};
      case 1:
        return {kWorldU32Offset + Number(kWorldNarrowSlots) * 4, runtime::SlotKind::kU32};
      default:
        return {kWorldWideOffset + pair * 16, runtime::SlotKind::kI64};
    }
  }
  ValueId LoadSlot(IrType type) {
    const Slot slot = AnySlot(type);
    return builder_.Load(slot.offset, slot.kind);
  }

  ValueId Expression() {
    const auto integer = [&] { return Any(IrType::kI64); };
    const auto number = [&] { return Any(IrType::kF64); };
    const auto truth = [&] { return Any(IrType::kBool); };
    switch (Pick(20)) {
      case 0:
        return builder_.FAdd(number(), number());
      case 1:
        return builder_.FSub(number(), number());
      case 2:
        return builder_.FMul(number(), number());
      case 3:
        return builder_.FDiv(number(), number());
      case 4:
        return builder_.FNeg(number());
      case 5:
        return builder_.IAdd(integer(), integer());
      case 6:
        return builder_.ISub(integer(), integer());
      case 7:
        return builder_.INeg(integer());
      case 8:
        return builder_.FCompare(AnyCompare(), number(), number());
      case 9:
        return builder_.ICompare(AnyCompare(), integer(), integer(), Pick(3) != 0);
      case 10:
        return builder_.And(truth(), truth());
      case 11:
        return builder_.Or(truth(), truth());
      case 12:
        return builder_.Not(truth());
      case 13:
        return builder_.FlagIsYes(integer());
      case 14:
        return builder_.BoolToFlag(truth());
      case 15:
        return builder_.IsKnown(Any(AnyType()));
      case 16: {
        const IrType type = AnyType();
        return builder_.Select(truth(), Any(type), Any(type));
      }
      case 17:
        return number_ == 0 ? Leaf(IrType::kBool) : builder_.CallCondition(Number(number_));
      case 18:
        return builder_.Get(locals_[Pick(locals_.size())]);
      default:
        return Leaf(AnyType());
    }
  }

  void Statement(std::size_t depth) {
    switch (Pick(24)) {
      case 0:
        return Call();
      case 1:
        return builder_.Arm(Any(IrType::kI64));
      case 2:
        return builder_.Update(Number(kWorldConditions), Any(IrType::kBool));
      case 3: {
        const IrType type = Pick(2) == 0 ? IrType::kI64 : IrType::kF64;
        const Slot slot = AnySlot(type);
        return builder_.Store(slot.offset, slot.kind, Any(type));
      }
      case 4: {
        const std::uint32_t index = Number(kWorldOuts);
        return builder_.Out(index, Any(kOutTypes[index % 4]));
      }
      case 5: {
        const std::size_t local = Pick(locals_.size());
        return builder_.Set(locals_[local], Any(builder_.function().locals[locals_[local]]));
      }
      case 6:
        return depth < kDepthMax ? If(depth) : Keep(Leaf(AnyType()));
      case 7:
        return depth < kDepthMax ? Loop(depth) : Keep(Leaf(AnyType()));
      default:
        return Keep(Expression());
    }
  }

  void Call() {
    const auto abi = runtime::AbiFunctions();
    const std::size_t id = Pick(abi.size());
    std::vector<ValueId> arguments;
    for (const runtime::AbiType type : abi[id].parameters) {
      arguments.push_back(type == runtime::AbiType::kU32
                              ? builder_.ConstI64(static_cast<std::int64_t>(Pick(100)))
                              : Any(FromAbi(type)));
    }
    const ValueId result = builder_.Call(static_cast<runtime::AbiId>(id), arguments);
    if (builder_.type_of(result) != IrType::kVoid) Keep(result);
  }

  void Inner(std::size_t depth) {
    const Pools outside = pools_;
    for (std::size_t i = 1 + Pick(6); i > 0; --i) Statement(depth + 1);
    pools_ = outside;
  }

  void If(std::size_t depth) {
    const LabelId yes = builder_.NewLabel();
    const LabelId no = builder_.NewLabel();
    const LabelId after = builder_.NewLabel();
    builder_.BranchIf(Any(IrType::kBool), yes, no);
    builder_.Bind(yes);
    Inner(depth);
    if (Pick(6) == 0) builder_.Return(Any(IrType::kBool));
    builder_.Branch(after);
    builder_.Bind(no);
    Inner(depth);
    builder_.Bind(after);
  }

  void Loop(std::size_t depth) {
    const LocalId counter = builder_.NewLocal(IrType::kI64);
    const LabelId again = builder_.NewLabel();
    const LabelId after = builder_.NewLabel();
    builder_.Set(counter, builder_.ConstI64(static_cast<std::int64_t>(Pick(3))));
    builder_.Bind(again);
    Inner(depth);
    builder_.Set(counter, builder_.ISub(builder_.Get(counter), builder_.ConstI64(1)));
    builder_.BranchIf(builder_.ICompare(IrCompare::kGreater, builder_.Get(counter), builder_.ConstI64(0)),
                      again, after);
    builder_.Bind(after);
  }

  Random& random_;
  IrBuilder builder_;
  runtime::FunctionId number_;
  std::vector<LocalId> locals_;
  Pools pools_;
};

}  // namespace

Module RandomModule(Random& random, std::size_t functions, std::size_t statements) {
  Module module;
  module.functions.resize(functions);
  for (std::size_t i = 0; i < functions; ++i) {
    module.functions[i].name = fmt::format("random_{}", i);
    FunctionMaker(random, module, module.functions[i], static_cast<runtime::FunctionId>(i)).Run(statements);
  }
  return module;
}

}  // namespace lull::compiler::test
