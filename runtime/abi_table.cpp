// The table of abi.h: types and boxed calls follow from the functions' own types.
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "runtime/abi.h"

namespace lull::runtime {
namespace {

template <typename T>
constexpr AbiType TypeOf() {
  if constexpr (std::is_void_v<T>) {
    return AbiType::kVoid;
  } else if constexpr (std::is_same_v<T, Moment*>) {
    return AbiType::kMoment;
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    return AbiType::kU32;
  } else if constexpr (std::is_same_v<T, std::uint64_t>) {
    return AbiType::kBool;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return AbiType::kI64;
  } else if constexpr (std::is_same_v<T, double>) {
    return AbiType::kF64;
  } else {
    static_assert(std::is_same_v<T, TextView>);
    return AbiType::kText;
  }
}

template <typename T>
T Unbox(const AbiValue& value) {
  if constexpr (std::is_same_v<T, double>) {
    return value.number;
  } else if constexpr (std::is_same_v<T, TextView>) {
    return value.text;
  } else {
    return static_cast<T>(value.bits);
  }
}

template <typename T>
AbiValue Box(T value) {
  AbiValue box;
  if constexpr (std::is_same_v<T, double>) {
    box.number = value;
  } else if constexpr (std::is_same_v<T, TextView>) {
    box.text = value;
  } else {
    box.bits = static_cast<std::uint64_t>(value);
  }
  return box;
}

template <typename Function, bool kTakesMoment, typename Result, typename... Parameters>
struct Boxed {
  static AbiValue Call(void* address, Moment* moment, const AbiValue* arguments) {
    return Unpack(reinterpret_cast<Function*>(address), moment, arguments,
                  std::index_sequence_for<Parameters...>());
  }

  template <std::size_t... kIndexes>
  static AbiValue Unpack(Function* function, [[maybe_unused]] Moment* moment,
                         [[maybe_unused]] const AbiValue* arguments, std::index_sequence<kIndexes...>) {
    const auto call = [&] {
      if constexpr (kTakesMoment) {
        return function(moment, Unbox<Parameters>(arguments[kIndexes])...);
      } else {
        return function(Unbox<Parameters>(arguments[kIndexes])...);
      }
    };
    if constexpr (std::is_void_v<Result>) {
      call();
      return {};
    } else {
      return Box(call());
    }
  }

  static AbiFunction Row(const char* name, Function* function) {
    return {.name = name,
            .result = TypeOf<Result>(),
            .parameters = {TypeOf<Parameters>()...},
            .takes_moment = kTakesMoment,
            .address = reinterpret_cast<void*>(function),
            .call = &Call};
  }
};

template <typename Result, typename... Parameters>
AbiFunction Row(const char* name, Result (*function)(Moment*, Parameters...)) {
  return Boxed<Result(Moment*, Parameters...), true, Result, Parameters...>::Row(name, function);
}

template <typename Result, typename... Parameters>
AbiFunction Row(const char* name, Result (*function)(Parameters...)) {
  return Boxed<Result(Parameters...), false, Result, Parameters...>::Row(name, function);
}

}  // namespace

std::span<const AbiFunction> AbiFunctions() {
#define X(name) Row(#name, &abi::name),
  static const std::array kFunctions = {LULL_ABI_FUNCTIONS(X)};
#undef X
  return kFunctions;
}

}  // namespace lull::runtime
