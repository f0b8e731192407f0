#include "compiler/ir_ops.h"

#include <cstddef>

#include "runtime/base/check.h"

namespace lull::compiler {
namespace {

constexpr IrType kV = IrType::kVoid;
constexpr IrType kB = IrType::kBool;
constexpr IrType kI = IrType::kI64;
constexpr IrType kF = IrType::kF64;
constexpr IrType kT = IrType::kText;

// In the order of Op.
constexpr auto kOps = std::to_array<OpInfo>({
    {"const", kB, 0, {}, false, false},
    {"const", kI, 0, {}, false, false},
    {"const", kF, 0, {}, false, false},
    {"const", kT, 0, {}, false, false},
    {"unknown", kV, 0, {}, true, false},
    {"now", kI, 0, {}, false, false},
    {"age_now", kI, 0, {}, false, false},
    {"event_time", kI, 0, {}, false, false},
    {"from", kI, 0, {}, false, false},
    {"first_event", kI, 0, {}, false, false},
    {"load", kV, 0, {}, true, false},
    {"store", kV, 1, {}, true, false},
    {"field", kV, 0, {}, true, false},
    {"fadd", kF, 2, {kF, kF}, false, false},
    {"fsub", kF, 2, {kF, kF}, false, false},
    {"fmul", kF, 2, {kF, kF}, false, false},
    {"fdiv", kF, 2, {kF, kF}, false, false},
    {"fneg", kF, 1, {kF}, false, false},
    {"iadd", kI, 2, {kI, kI}, false, false},
    {"isub", kI, 2, {kI, kI}, false, false},
    {"ineg", kI, 1, {kI}, false, false},
    {"fcompare", kB, 2, {kF, kF}, false, false},
    {"icompare", kB, 2, {kI, kI}, false, false},
    {"and", kB, 2, {kB, kB}, false, false},
    {"or", kB, 2, {kB, kB}, false, false},
    {"not", kB, 1, {kB}, false, false},
    {"flag_is_yes", kB, 1, {kI}, false, false},
    {"bool_to_flag", kI, 1, {kB}, false, false},
    {"is_known", kB, 1, {}, true, false},
    {"select", kV, 3, {}, true, false},
    {"get", kV, 0, {}, true, false},
    {"set", kV, 1, {}, true, false},
    {"call", kV, 0, {}, true, false},
    {"call_condition", kB, 0, {}, false, false},
    {"held", kB, 0, {}, false, false},
    {"update", kV, 1, {kB}, false, false},
    {"arm", kV, 1, {kI}, false, false},
    {"out", kV, 1, {}, true, false},
    {"label", kV, 0, {}, false, false},
    {"branch", kV, 0, {}, false, true},
    {"branch_if", kV, 1, {kB}, false, true},
    {"return", kV, 0, {}, true, true},
});
static_assert(kOps.size() == static_cast<std::size_t>(Op::kReturn) + 1);

constexpr std::string_view kTypeNames[] = {"void", "bool", "i64", "f64", "text"};
constexpr std::string_view kCompareNames[] = {"==", "!=", "<", "<=", ">", ">="};
constexpr std::string_view kSlotNames[] = {"u8", "u32", "i64", "f64", "text"};

}  // namespace

const OpInfo& InfoOf(Op op) {
  const auto index = static_cast<std::size_t>(op);
  LULL_CHECK(index < kOps.size());
  return kOps[index];
}

std::string_view NameOf(IrType type) { return kTypeNames[static_cast<std::size_t>(type)]; }
std::string_view NameOf(IrCompare compare) { return kCompareNames[static_cast<std::size_t>(compare)]; }
std::string_view NameOf(runtime::SlotKind kind) { return kSlotNames[static_cast<std::size_t>(kind)]; }

}  // namespace lull::compiler
