#include "compiler/ir_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/ir_builder.h"
#include "compiler/ir_printer.h"
#include "tests/unit/compiler/world.h"

namespace lull::compiler::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instruction Make(Op op, IrType type, std::vector<ValueId> args = {}) {
  Instruction made;
  made.op = op;
  made.type = type;
  made.args = std::move(args);
  return made;
}

Instruction Make(Op op, std::uint32_t a, std::uint32_t b = 0, std::vector<ValueId> args = {}) {
  Instruction made;
  made.op = op;
  made.a = a;
  made.b = b;
  made.args = std::move(args);
  return made;
}

std::vector<std::string> ProblemsOf(std::vector<Instruction> code, std::uint32_t labels = 0) {
  Module module;
  module.functions.push_back(
      {.name = "f", .locals = {IrType::kI64}, .label_count = labels, .code = std::move(code)});
  return Verify(module);
}

const Instruction kYes = Make(Op::kConstBool, IrType::kBool);
const Instruction kZero = Make(Op::kConstI64, IrType::kI64);
const Instruction kReturn = Make(Op::kReturn, IrType::kVoid);

TEST(IrVerifier, AcceptsWhatIsWellFormed) {
  EXPECT_THAT(ProblemsOf({kReturn}), IsEmpty());
  EXPECT_THAT(ProblemsOf({kYes, Make(Op::kBranchIf, 0, 1, {0}), Make(Op::kLabel, 0), Make(Op::kBranch, 1),
                          Make(Op::kLabel, 1), Make(Op::kReturn, IrType::kVoid, {0})},
                         2),
              IsEmpty());
}

TEST(IrVerifier, TypesAndOperands) {
  EXPECT_THAT(ProblemsOf({kYes, Make(Op::kINeg, IrType::kI64, {0}), kReturn}),
              ElementsAre(HasSubstr("function @0 f: instruction 1 (ineg): operand 0 is bool, not i64")));
  EXPECT_THAT(ProblemsOf({kZero, Make(Op::kINeg, IrType::kF64, {0}), kReturn}),
              ElementsAre(HasSubstr("wrong type")));
  EXPECT_THAT(ProblemsOf({kZero, Make(Op::kIAdd, IrType::kI64, {0}), kReturn}),
              ElementsAre(HasSubstr("takes 2 operands, has 1")));
  EXPECT_THAT(ProblemsOf({Make(Op::kINeg, IrType::kI64, {9}), kReturn}),
              ElementsAre(HasSubstr("v9 does not exist")));
  EXPECT_THAT(ProblemsOf({Make(Op::kConstUnknown, IrType::kBool), kReturn}),
              ElementsAre(HasSubstr("wrong type")));
  EXPECT_THAT(ProblemsOf({kYes, kZero, Make(Op::kSelect, IrType::kI64, {0, 1, 0}), kReturn}),
              ElementsAre(HasSubstr("operand 2 is bool, not i64")));
  EXPECT_THAT(ProblemsOf({kZero, Make(Op::kReturn, IrType::kVoid, {0})}),
              ElementsAre(HasSubstr("is i64, not bool")));
}

TEST(IrVerifier, ConstantsAndSlots) {
  Instruction minus_zero = Make(Op::kConstF64, IrType::kF64);
  minus_zero.number = -0.0;
  EXPECT_THAT(ProblemsOf({minus_zero, kReturn}), ElementsAre(HasSubstr("not canonical")));
  EXPECT_THAT(ProblemsOf({Make(Op::kConstText, IrType::kText), kReturn}),
              ElementsAre(HasSubstr("names no text")));
  Instruction load = Make(Op::kLoad, IrType::kI64);
  load.a = 8;
  EXPECT_THAT(ProblemsOf({load, kReturn}), ElementsAre(HasSubstr("record's header")));
  load.a = kWorldWideOffset + 4;
  EXPECT_THAT(ProblemsOf({load, kReturn}), ElementsAre(HasSubstr("not aligned")));
  load.a = kWorldWideOffset;
  load.slot = runtime::SlotKind::kF64;
  EXPECT_THAT(ProblemsOf({load, kReturn}), ElementsAre(HasSubstr("different types")));
  load.slot = runtime::SlotKind::kText;
  EXPECT_THAT(ProblemsOf({load, kReturn}), ElementsAre(HasSubstr("TextLoad")));
  Instruction local = Make(Op::kLocalGet, IrType::kI64);
  local.a = 1;
  EXPECT_THAT(ProblemsOf({local, kReturn}), ElementsAre(HasSubstr("local does not exist")));
}

TEST(IrVerifier, Blocks) {
  EXPECT_THAT(ProblemsOf({}), ElementsAre(HasSubstr("no instructions")));
  EXPECT_THAT(ProblemsOf({kYes}), ElementsAre(HasSubstr("last block has no terminator")));
  EXPECT_THAT(ProblemsOf({kReturn, kReturn}), ElementsAre(HasSubstr("follows a terminator")));
  EXPECT_THAT(ProblemsOf({kYes, Make(Op::kLabel, 0), kReturn}, 1), ElementsAre(HasSubstr("no terminator")));
  EXPECT_THAT(ProblemsOf({Make(Op::kBranch, 0)}, 1), ElementsAre(HasSubstr("L0 is used and never bound")));
  EXPECT_THAT(ProblemsOf({Make(Op::kBranch, 3)}, 1), ElementsAre(HasSubstr("L3 does not exist")));
  EXPECT_THAT(ProblemsOf({kReturn, Make(Op::kLabel, 0), kReturn, Make(Op::kLabel, 0), kReturn}, 1),
              ElementsAre(HasSubstr("bound 2 times")));
}

TEST(IrVerifier, ValuesAreDefinedOnEveryPath) {
  EXPECT_THAT(
      ProblemsOf({kYes, Make(Op::kBranchIf, 0, 1, {0}), Make(Op::kLabel, 0), kZero, Make(Op::kBranch, 1),
                  Make(Op::kLabel, 1), Make(Op::kArm, IrType::kVoid, {3}), kReturn},
                 2),
      ElementsAre(HasSubstr("v3 is not defined on every path")));
  EXPECT_THAT(ProblemsOf({Make(Op::kArm, IrType::kVoid, {1}), kZero, kReturn}),
              ElementsAre(HasSubstr("v1 is not defined on every path")));
}

TEST(IrVerifier, Calls) {
  Instruction call = Make(Op::kCall, IrType::kVoid);
  call.a = static_cast<std::uint32_t>(runtime::AbiId::kDue);
  EXPECT_THAT(ProblemsOf({call, kReturn}), ElementsAre(HasSubstr("Due takes 1 operands, has 0")));
  call.args = {0};
  EXPECT_THAT(ProblemsOf({Make(Op::kNow, IrType::kI64), call, kReturn}),
              ElementsAre(HasSubstr("constant of 32 bits")));
  EXPECT_THAT(ProblemsOf({kZero, call, kReturn}), IsEmpty());
  call.a = 10'000;
  EXPECT_THAT(ProblemsOf({call, call, kReturn}).front(), HasSubstr("v0 has no value"));
  Instruction itself = Make(Op::kCallCondition, IrType::kBool);
  EXPECT_THAT(ProblemsOf({itself, kReturn}), ElementsAre(HasSubstr("calls itself")));
  itself.a = 4;
  EXPECT_THAT(ProblemsOf({itself, kReturn}), ElementsAre(HasSubstr("does not exist")));
}

TEST(IrBuilderTest, FoldsWhatIsPlain) {
  Module module;
  module.functions.resize(1);
  IrBuilder b(module, module.functions[0]);
  const ValueId held = b.Held(1);
  EXPECT_EQ(b.And(held, b.ConstBool(true)), held);
  EXPECT_EQ(b.Or(b.ConstBool(false), held), held);
  EXPECT_EQ(b.Not(b.Not(held)), held);
  EXPECT_EQ(b.FlagIsYes(b.BoolToFlag(held)), held);
  const ValueId other = b.Held(2);
  EXPECT_EQ(b.Select(b.ConstBool(false), held, other), other);
  EXPECT_TRUE(b.IsConstBool(b.And(held, b.ConstBool(false)), false));
  EXPECT_TRUE(b.IsConstBool(b.IsKnown(b.Unknown(IrType::kText)), false));
  EXPECT_TRUE(b.IsConstBool(b.ICompare(IrCompare::kNotEqual, b.Unknown(IrType::kI64), b.ConstI64(1)), false));
  EXPECT_TRUE(b.IsConstBool(b.IsKnown(b.FDiv(b.ConstF64(1), b.ConstF64(0))), false));
  EXPECT_TRUE(b.IsConstBool(b.IsKnown(b.IAdd(b.ConstI64(kNever), b.ConstI64(1))), false));
  const LabelId end = b.NewLabel();
  b.BranchIf(b.ConstBool(true), end, end);
  EXPECT_TRUE(b.ended());
  b.Return();
  b.Bind(end);
  b.Finish();
  EXPECT_THAT(Verify(module), IsEmpty());
}

TEST(IrPrinter, OneInstructionALine) {
  Module module;
  module.functions.resize(1);
  module.functions[0].name = "f";
  IrBuilder b(module, module.functions[0]);
  const LocalId local = b.NewLocal(IrType::kBool);
  const LabelId end = b.NewLabel();
  const ValueId text = b.ConstText("say \"hi\"");
  const ValueId like = b.Call(runtime::AbiId::kTextLike, {b.Field(2, IrType::kText), text});
  const ValueId slot = b.Load(kWorldU8Offset, runtime::SlotKind::kU8);
  const ValueId now = b.Now();
  b.Set(local, b.ICompare(IrCompare::kLess, slot, now, false));
  b.BranchIf(like, end, end);
  b.Bind(end);
  b.Return(b.Get(local));
  EXPECT_EQ(PrintIr(module),
            "@0 function f\n"
            "  local0: bool\n"
            "  v0 = text const \"say \\\"hi\\\"\"\n"
            "  v1 = text field #2\n"
            "  v2 = bool call TextLike v1, v0\n"
            "  v3 = i64 load u8 [" +
                std::to_string(kWorldU8Offset) +
                "]\n"
                "  v4 = i64 now\n"
                "  v5 = bool icompare < known v3, v4\n"
                "  set local0 v5\n"
                "  branch_if L0 else L0 by v2\n"
                "label L0\n"
                "  v9 = bool get local0\n"
                "  return v9\n");
}

}  // namespace
}  // namespace lull::compiler::test
