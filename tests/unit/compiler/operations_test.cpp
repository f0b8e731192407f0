// What each operation means, in every way of executing it: the rows are written from compiler/ir.h.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>

#include "compiler/ir_builder.h"
#include "compiler/ir_semantics.h"
#include "tests/unit/compiler/backends.h"
#include "tests/unit/compiler/fake_abi.h"
#include "tests/unit/compiler/world.h"

namespace lull::compiler::test {
namespace {

constexpr double kNan = kUnknownNumber;
constexpr std::int64_t kMaximum = kNever;

// Fields 0 and 3 are integers, 1 and 4 numbers, 2 and 5 texts.
struct Inputs {
  std::int64_t i = kUnknown;
  std::int64_t j = kUnknown;
  double x = kNan;
  double y = kNan;
};

struct Row {
  std::string name;
  std::function<ValueId(IrBuilder&)> build;
  Inputs inputs;
  std::string expected;  // as ShownValue says it
};

ValueId I(IrBuilder& b) { return b.Field(0, IrType::kI64); }
ValueId J(IrBuilder& b) { return b.Field(3, IrType::kI64); }
ValueId X(IrBuilder& b) { return b.Field(1, IrType::kF64); }
ValueId Y(IrBuilder& b) { return b.Field(4, IrType::kF64); }

std::string Whole(std::int64_t value) {
  runtime::FieldValue shown;
  shown.integer = value;
  return ShownValue(shown, IrType::kI64);
}
std::string Number(double value) {
  runtime::FieldValue shown;
  shown.number = value;
  return ShownValue(shown, IrType::kF64);
}

using NumberMethod = ValueId (IrBuilder::*)(ValueId, ValueId);

Row NumberRow(NumberMethod method, double x, double y, double expected) {
  return {
      "number", [=](IrBuilder& b) { return (b.*method)(X(b), Y(b)); }, {.x = x, .y = y}, Number(expected)};
}
Row WholeRow(NumberMethod method, std::int64_t i, std::int64_t j, std::int64_t expected) {
  return {
      "integer", [=](IrBuilder& b) { return (b.*method)(I(b), J(b)); }, {.i = i, .j = j}, Whole(expected)};
}
Row CompareRow(IrCompare compare, double x, double y, bool expected) {
  return {"fcompare",
          [=](IrBuilder& b) { return b.FCompare(compare, X(b), Y(b)); },
          {.x = x, .y = y},
          Whole(expected ? 1 : 0)};
}
Row WholeCompareRow(IrCompare compare, std::int64_t i, std::int64_t j, bool expected) {
  return {"icompare",
          [=](IrBuilder& b) { return b.ICompare(compare, I(b), J(b)); },
          {.i = i, .j = j},
          Whole(expected ? 1 : 0)};
}

std::vector<Row> Arithmetic() {
  return {
      NumberRow(&IrBuilder::FAdd, 0.1, 0.2, 0.30000000000000004),
      NumberRow(&IrBuilder::FAdd, 1.7976931348623157e308, 1e308, kNan),
      NumberRow(&IrBuilder::FAdd, kNan, 1, kNan),
      NumberRow(&IrBuilder::FSub, 1, 1, 0),
      NumberRow(&IrBuilder::FSub, -1.7976931348623157e308, 1e308, kNan),
      NumberRow(&IrBuilder::FMul, -1, 0, 0),
      NumberRow(&IrBuilder::FMul, -1e-200, 1e-200, 0),
      NumberRow(&IrBuilder::FMul, 1e200, -1e200, kNan),
      NumberRow(&IrBuilder::FDiv, 1, 3, 1.0 / 3),
      NumberRow(&IrBuilder::FDiv, 1, 0, kNan),
      NumberRow(&IrBuilder::FDiv, 0, 0, kNan),
      NumberRow(&IrBuilder::FDiv, 0, -5, 0),
      {"fneg", [](IrBuilder& b) { return b.FNeg(X(b)); }, {.x = 0}, Number(0)},
      {"fneg", [](IrBuilder& b) { return b.FNeg(X(b)); }, {.x = 2.5}, Number(-2.5)},
      {"fneg", [](IrBuilder& b) { return b.FNeg(X(b)); }, {}, Number(kNan)},
      {"no contraction",
       [](IrBuilder& b) { return b.FAdd(b.FMul(X(b), X(b)), Y(b)); },
       {.x = 1.0 + 0x1p-30, .y = -(1.0 + 0x1p-29)},
       Number(0)},
      WholeRow(&IrBuilder::IAdd, 2, 3, 5),
      WholeRow(&IrBuilder::IAdd, kMaximum, 1, kUnknown),
      WholeRow(&IrBuilder::IAdd, kUnknown, 5, kUnknown),
      WholeRow(&IrBuilder::IAdd, 5, kUnknown, kUnknown),
      WholeRow(&IrBuilder::IAdd, kUnknown + 1, -1, kUnknown),
      WholeRow(&IrBuilder::ISub, 2, 3, -1),
      WholeRow(&IrBuilder::ISub, -5, kUnknown, kUnknown),
      WholeRow(&IrBuilder::ISub, kUnknown, -5, kUnknown),
      WholeRow(&IrBuilder::ISub, -2, kMaximum, kUnknown),
      {"ineg", [](IrBuilder& b) { return b.INeg(I(b)); }, {.i = 7}, Whole(-7)},
      {"ineg", [](IrBuilder& b) { return b.INeg(I(b)); }, {}, Whole(kUnknown)},
  };
}

std::vector<Row> Comparisons() {
  using enum IrCompare;
  std::vector<Row> rows = {
      CompareRow(kEqual, 1.5, 1.5, true),
      CompareRow(kNotEqual, 1.5, 2.5, true),
      CompareRow(kLess, 1.5, 2.5, true),
      CompareRow(kLessEqual, 1.5, 1.5, true),
      CompareRow(kGreater, 1.5, 2.5, false),
      CompareRow(kGreaterEqual, 2.5, 1.5, true),
      WholeCompareRow(kEqual, kNever, kNever, true),
      WholeCompareRow(kNotEqual, kNever, kNever, false),
      WholeCompareRow(kLess, -1, 0, true),
      WholeCompareRow(kLessEqual, 1, 0, false),
      WholeCompareRow(kGreater, 1, 0, true),
      WholeCompareRow(kGreaterEqual, 0, 0, true),
  };
  for (const IrCompare compare : {kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual}) {
    rows.push_back(CompareRow(compare, kNan, 1.0, false));
    rows.push_back(CompareRow(compare, kNan, kNan, false));
    rows.push_back(WholeCompareRow(compare, kUnknown, 1, false));
    rows.push_back(WholeCompareRow(compare, 1, kUnknown, false));
    rows.push_back(WholeCompareRow(compare, kUnknown, kUnknown, false));
  }
  return rows;
}

std::vector<Row> Truths() {
  const auto is_one = [](IrBuilder& b) { return b.ICompare(IrCompare::kEqual, I(b), b.ConstI64(1)); };
  const auto is_two = [](IrBuilder& b) { return b.ICompare(IrCompare::kEqual, J(b), b.ConstI64(2)); };
  const auto both = [=](IrBuilder& b) { return b.And(is_one(b), is_two(b)); };
  const auto either = [=](IrBuilder& b) { return b.Or(is_one(b), is_two(b)); };
  const auto yes = [](IrBuilder& b) { return b.FlagIsYes(I(b)); };
  const auto choose = [=](IrBuilder& b) { return b.Select(is_one(b), X(b), Y(b)); };
  return {
      {"and", both, {.i = 1, .j = 2}, "1"},
      {"and", both, {.i = 1, .j = 3}, "0"},
      {"or", either, {.i = 0, .j = 2}, "1"},
      {"or", either, {.i = 0, .j = 3}, "0"},
      {"not", [=](IrBuilder& b) { return b.Not(is_one(b)); }, {.i = 1}, "0"},
      {"flag_is_yes", yes, {.i = 1}, "1"},
      {"flag_is_yes", yes, {.i = 0}, "0"},
      {"flag_is_yes", yes, {}, "0"},
      {"bool_to_flag", [=](IrBuilder& b) { return b.BoolToFlag(is_one(b)); }, {.i = 1}, "1"},
      {"is_known", [](IrBuilder& b) { return b.IsKnown(I(b)); }, {}, "0"},
      {"is_known", [](IrBuilder& b) { return b.IsKnown(I(b)); }, {.i = 0}, "1"},
      {"is_known", [](IrBuilder& b) { return b.IsKnown(X(b)); }, {}, "0"},
      {"is_known", [](IrBuilder& b) { return b.IsKnown(X(b)); }, {.x = 0}, "1"},
      {"is_known", [](IrBuilder& b) { return b.IsKnown(b.Field(2, IrType::kText)); }, {}, "0"},
      {"select", choose, {.i = 1, .x = 4, .y = 5}, Number(4)},
      {"select", choose, {.i = 2, .x = 4, .y = 5}, Number(5)},
      {"local", [](IrBuilder& b) { return b.Get(b.NewLocal(IrType::kI64)); }, {}, "unknown"},
      {"local", [](IrBuilder& b) { return b.Get(b.NewLocal(IrType::kF64)); }, {}, Number(kNan)},
      {"local", [](IrBuilder& b) { return b.Get(b.NewLocal(IrType::kBool)); }, {}, "0"},
  };
}

std::vector<Row> Slots() {
  const auto through = [](std::uint32_t offset, runtime::SlotKind kind) {
    return [=](IrBuilder& b) {
      b.Store(offset, kind, I(b));
      return b.Load(offset, kind);
    };
  };
  const auto u8 = through(kWorldU8Offset, runtime::SlotKind::kU8);
  const auto u32 = through(kWorldU32Offset, runtime::SlotKind::kU32);
  const auto i64 = through(kWorldWideOffset, runtime::SlotKind::kI64);
  return {
      {"u8", u8, {.i = 254}, "254"},
      {"u8", u8, {}, "unknown"},
      {"u32", u32, {.i = 70'000}, "70000"},
      {"u32", u32, {}, "unknown"},
      {"i64", i64, {.i = kNever}, Whole(kNever)},
      {"i64", i64, {}, "unknown"},
      {"now", [](IrBuilder& b) { return b.Now(); }, {}, Whole(kWorldNow)},
      {"age_now", [](IrBuilder& b) { return b.AgeNow(); }, {}, Whole(kWorldNow - 1)},
      {"event_time", [](IrBuilder& b) { return b.EventTime(); }, {}, Whole(kWorldNow)},
      {"from", [](IrBuilder& b) { return b.From(); }, {}, Whole(kWorldNow - 7)},
      {"first_event", [](IrBuilder& b) { return b.FirstEvent(); }, {}, "unknown"},
  };
}

/// Each row becomes a function that leaves its value in out[0] and changes nothing else that is looked at.
void ExpectRows(const std::vector<Row>& rows) {
  Module module;
  module.functions.resize(rows.size());
  std::vector<IrType> types;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    IrBuilder builder(module, module.functions[i]);
    const ValueId value = rows[i].build(builder);
    types.push_back(builder.type_of(value));
    builder.Out(0, value);
    builder.Finish();
  }
  for (const Backend& backend : AllBackends(module, FakeAbi())) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      World world;
      world.fields[0].integer = rows[i].inputs.i;
      world.fields[3].integer = rows[i].inputs.j;
      world.fields[1].number = rows[i].inputs.x;
      world.fields[4].number = rows[i].inputs.y;
      EXPECT_EQ(backend.code->functions[i](&world.moment), 0U);
      EXPECT_EQ(ShownValue(world.out[0], types[i]), rows[i].expected)
          << backend.name << ", row " << i << ": " << rows[i].name;
    }
  }
}

TEST(Operations, Arithmetic) { ExpectRows(Arithmetic()); }
TEST(Operations, Comparisons) { ExpectRows(Comparisons()); }
TEST(Operations, Truth) { ExpectRows(Truths()); }
TEST(Operations, SlotsAndTime) { ExpectRows(Slots()); }

TEST(Operations, ArmKeepsTheEarliestLaterInstant) {
  Module module;
  module.functions.resize(1);
  IrBuilder builder(module, module.functions[0]);
  builder.Arm(I(builder));
  builder.Arm(J(builder));
  builder.Finish();
  struct Case {
    std::int64_t first, second, expected;
  };
  const Case cases[] = {{kWorldNow + 5, kWorldNow + 3, kWorldNow + 3},
                        {kWorldNow + 3, kWorldNow + 5, kWorldNow + 3},
                        {kUnknown, kWorldNow, kWorldNow},
                        {kWorldNow - 1, kUnknown, kNever},
                        {kNever, kUnknown, kNever}};
  for (const Backend& backend : AllBackends(module, FakeAbi())) {
    for (const Case& c : cases) {
      World world;
      world.fields[0].integer = c.first;
      world.fields[3].integer = c.second;
      backend.code->functions[0](&world.moment);
      EXPECT_EQ(world.moment.next_wake, c.expected) << backend.name;
    }
  }
}

TEST(Operations, UpdateCallsOnlyOnADifference) {
  Module module;
  module.functions.resize(1);
  IrBuilder builder(module, module.functions[0]);
  builder.Update(70, builder.FlagIsYes(I(builder)));
  builder.Return(builder.Held(3));
  for (const Backend& backend : AllBackends(module, FakeAbi())) {
    for (const bool held : {false, true}) {
      for (const bool value : {false, true}) {
        World world;
        runtime::SetBit(world.record.data(), 70, held);
        world.fields[0].integer = value ? 1 : 0;
        TakeFakeCalls();
        backend.code->functions[0](&world.moment);
        const std::string call = std::to_string(static_cast<unsigned>(runtime::AbiId::kConditionEdge)) +
                                 " moment 70 " + (value ? "1" : "0");
        EXPECT_EQ(TakeFakeCalls(),
                  held == value ? std::vector<std::string>{} : std::vector<std::string>{call})
            << backend.name;
      }
    }
  }
}

}  // namespace
}  // namespace lull::compiler::test
