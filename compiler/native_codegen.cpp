#include "compiler/native_codegen.h"

#include <fmt/format.h>
#include <llvm/IR/MDBuilder.h>

#include <algorithm>
#include <set>
#include <vector>

#include "compiler/native_function.h"
#include "runtime/base/check.h"

namespace lull::compiler::native {
namespace {

using runtime::AbiType;

/// Conditions of other parts up to this size are worth a copy of their own.
constexpr std::size_t kCopiedInstructionsMax = 64;

/// Integer registers of the calling convention. A text that did not fit them whole would be passed in memory.
constexpr std::size_t kArgumentRegisters = 6;

llvm::Type* ParameterType(AbiType type, llvm::LLVMContext& context) {
  switch (type) {
    case AbiType::kU32:
      return llvm::Type::getInt32Ty(context);
    case AbiType::kBool:
    case AbiType::kI64:
      return llvm::Type::getInt64Ty(context);
    case AbiType::kF64:
      return llvm::Type::getDoubleTy(context);
    case AbiType::kText:
    case AbiType::kMoment:
      return llvm::PointerType::getUnqual(context);
    case AbiType::kVoid:
      break;
  }
  return llvm::Type::getVoidTy(context);
}

llvm::Type* ResultType(AbiType type, llvm::LLVMContext& context) {
  if (type != AbiType::kText) return ParameterType(type, context);
  return llvm::StructType::get(llvm::PointerType::getUnqual(context), llvm::Type::getInt64Ty(context));
}

llvm::FunctionType* TypeOfAbi(const runtime::AbiFunction& function, llvm::LLVMContext& context) {
  std::vector<llvm::Type*> parameters;
  if (function.takes_moment) parameters.push_back(ParameterType(AbiType::kMoment, context));
  for (const AbiType type : function.parameters) {
    parameters.push_back(ParameterType(type, context));
    if (type == AbiType::kText) parameters.push_back(llvm::Type::getInt64Ty(context));
  }
  const auto in_registers =
      std::ranges::count_if(parameters, [](const llvm::Type* type) { return !type->isDoubleTy(); });
  LULL_CHECK(static_cast<std::size_t>(in_registers) <= kArgumentRegisters);
  return llvm::FunctionType::get(ResultType(function.result, context), parameters, false);
}

llvm::MDNode* Tag(const char* name, llvm::LLVMContext& context) {
  llvm::MDBuilder metadata(context);
  llvm::MDNode* type = metadata.createTBAAScalarTypeNode(name, metadata.createTBAARoot("lull"));
  return metadata.createTBAAStructTagNode(type, type, 0);
}

}  // namespace

std::string SymbolOf(const Module& module, runtime::FunctionId function) {
  return fmt::format("lull_{}_{}", function, module.functions[function].name);
}

std::string SymbolOf(const runtime::AbiFunction& function) {
  return fmt::format("lull_abi_{}", function.name);
}

ModuleScope::ModuleScope(const Module& source, llvm::Module& target,
                         std::span<const runtime::AbiFunction> abi, bool rounds)
    : source_(source),
      target_(target),
      abi_(abi),
      rounds_(rounds),
      moment_tag_(Tag("moment", target.getContext())),
      record_tag_(Tag("record", target.getContext())),
      out_tag_(Tag("out", target.getContext())) {}

llvm::FunctionType* ModuleScope::EntryType() const {
  llvm::Type* pointer = llvm::PointerType::getUnqual(context());
  return llvm::FunctionType::get(llvm::Type::getInt64Ty(context()), {pointer, pointer}, false);
}

llvm::Function* ModuleScope::FunctionFor(runtime::FunctionId function) {
  const std::string name = SymbolOf(source_, function);
  if (llvm::Function* made = target_.getFunction(name)) return made;
  auto* made = llvm::Function::Create(EntryType(), llvm::GlobalValue::ExternalLinkage, name, target_);
  made->setDSOLocal(true);
  made->setDoesNotThrow();
  llvm::AttrBuilder moment(context());
  moment.addAttribute(llvm::Attribute::NonNull).addDereferenceableAttr(sizeof(runtime::Moment));
  made->addParamAttrs(0, moment);
  return made;
}

llvm::Function* ModuleScope::AbiFor(runtime::AbiId id) {
  const runtime::AbiFunction& function = abi_[static_cast<std::size_t>(id)];
  const std::string name = SymbolOf(function);
  if (llvm::Function* made = target_.getFunction(name)) return made;
  auto* made = llvm::Function::Create(TypeOfAbi(function, context()), llvm::GlobalValue::ExternalLinkage,
                                      name, target_);
  made->setDoesNotThrow();
  made->addFnAttr(llvm::Attribute::NonLazyBind);
  if (!function.takes_moment) {
    const bool reads = std::ranges::count(function.parameters, AbiType::kText) != 0;
    made->setMemoryEffects(reads ? llvm::MemoryEffects::argMemOnly(llvm::ModRefInfo::Ref)
                                 : llvm::MemoryEffects::none());
    made->addFnAttr(llvm::Attribute::WillReturn);
  }
  return made;
}

llvm::Constant* ModuleScope::TextFor(std::uint32_t text) {
  llvm::Constant*& made = texts_[text];
  if (made == nullptr) {
    llvm::Constant* bytes = llvm::ConstantDataArray::getString(context(), source_.texts[text], true);
    auto* global = new llvm::GlobalVariable(target_, bytes->getType(), true,
                                            llvm::GlobalValue::PrivateLinkage, bytes, "text");
    global->setAlignment(llvm::Align(1));
    made = global;
  }
  return made;
}

llvm::Type* ModuleScope::TypeOf(IrType type) const {
  switch (type) {
    case IrType::kBool:
      return llvm::Type::getInt1Ty(context());
    case IrType::kI64:
      return llvm::Type::getInt64Ty(context());
    case IrType::kF64:
      return llvm::Type::getDoubleTy(context());
    case IrType::kText:
      return llvm::PointerType::getUnqual(context());
    case IrType::kVoid:
      break;
  }
  return llvm::Type::getVoidTy(context());
}

namespace {

/// Small conditions outside the part that its functions call, directly or through each other.
std::set<runtime::FunctionId> Borrowed(const Module& module, Part part) {
  std::set<runtime::FunctionId> found;
  std::vector<runtime::FunctionId> open;
  const auto add_callees = [&](runtime::FunctionId function) {
    for (const Instruction& made : module.functions[function].code) {
      if (made.op != Op::kCallCondition || (made.a >= part.first && made.a < part.end)) continue;
      if (module.functions[made.a].code.size() > kCopiedInstructionsMax) continue;
      if (found.insert(made.a).second) open.push_back(made.a);
    }
  };
  for (runtime::FunctionId i = part.first; i < part.end; ++i) add_callees(i);
  while (!open.empty()) {
    const runtime::FunctionId next = open.back();
    open.pop_back();
    add_callees(next);
  }
  return found;
}

}  // namespace

std::unique_ptr<llvm::Module> Translate(const Module& module, Part part, TranslateOptions options,
                                        std::span<const runtime::AbiFunction> abi,
                                        llvm::LLVMContext& context) {
  auto target = std::make_unique<llvm::Module>("lull", context);
  ModuleScope scope(module, *target, abi, options.rounds);
  for (runtime::FunctionId i = part.first; i < part.end; ++i) {
    FunctionTranslator(scope, module.functions[i], *scope.FunctionFor(i)).Run();
  }
  if (!options.inlining) return target;
  for (const runtime::FunctionId i : Borrowed(module, part)) {
    llvm::Function* copy = scope.FunctionFor(i);
    copy->setLinkage(llvm::GlobalValue::AvailableExternallyLinkage);
    FunctionTranslator(scope, module.functions[i], *copy).Run();
  }
  return target;
}

}  // namespace lull::compiler::native
