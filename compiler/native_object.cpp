#include "compiler/native_object.h"

#include <fmt/format.h>
#include <llvm/ExecutionEngine/Orc/CompileUtils.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/IPO/ModuleInliner.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/GVN.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include <mutex>
#include <utility>

namespace lull::compiler::native {
namespace {

constexpr int kLevelMax = 2;

/// Raised when the translation changes, so that older objects on disk are not taken.
constexpr int kTranslationVersion = 4;

void InitialiseTarget() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

/// Before inlining: enough that small conditions look small.
llvm::FunctionPassManager Tidy() {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes.addPass(llvm::EarlyCSEPass());
  return passes;
}

llvm::FunctionPassManager Simplify(bool thorough) {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/thorough));
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::SimplifyCFGPass());
  return passes;
}

void Optimise(llvm::Module& module, llvm::TargetMachine& machine, int level) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);

  const bool thorough = level >= 2;
  llvm::ModulePassManager passes;
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(Tidy()));
  passes.addPass(llvm::ModuleInlinerPass(llvm::getInlineParams(thorough ? 225 : 50)));
  llvm::FunctionPassManager after = Simplify(thorough);
  if (thorough) {
    after.addPass(llvm::GVNPass());
    after.addPass(llvm::InstCombinePass());
    after.addPass(llvm::SimplifyCFGPass());
  }
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(after)));
  passes.run(module, modules);
}

}  // namespace

Error FromLlvm(const std::string& doing, llvm::Error error) {
  return Error{fmt::format("{}: {}", doing, llvm::toString(std::move(error)))};
}

struct Host::Work {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
};

Result<Host> Host::Detect(int level) {
  if (level < 0 || level > kLevelMax) {
    return Fail(fmt::format("There is no optimisation level {}; use 0 to {}.", level, kLevelMax));
  }
  InitialiseTarget();
  auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!builder) return std::unexpected(FromLlvm("While asking for the processor", builder.takeError()));
  // Numbers must not depend on the processor: nothing is fused, nothing is reordered.
  builder->getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
  builder->setRelocationModel(llvm::Reloc::PIC_);
  builder->setCodeModel(llvm::CodeModel::Small);
  builder->setCodeGenOptLevel(level >= 2 ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::None);
  return Host(std::move(*builder), level);
}

bool Host::Rounds() const {
  const llvm::Triple& triple = builder_.getTargetTriple();
  if (triple.isX86()) return builder_.getFeatures().getString().find("+sse4.1") != std::string::npos;
  return triple.isAArch64();
}

std::string Host::Name() const {
  return fmt::format("{} {} {} {} O{} v{}", LLVM_VERSION_STRING, builder_.getTargetTriple().str(),
                     builder_.getCPU(), builder_.getFeatures().getString(), level_, kTranslationVersion);
}

Result<Host::Work> Host::Prepare(const Module& module, Part part,
                                 std::span<const runtime::AbiFunction> abi) const {
  Work work;
  auto machine = llvm::orc::JITTargetMachineBuilder(builder_).createTargetMachine();
  if (!machine) return std::unexpected(FromLlvm("While preparing native code", machine.takeError()));
  work.machine = std::move(*machine);
  work.context = std::make_unique<llvm::LLVMContext>();
  work.module = Translate(module, part, {.inlining = level_ > 0, .rounds = Rounds()}, abi, *work.context);
  work.module->setDataLayout(work.machine->createDataLayout());
  work.module->setTargetTriple(builder_.getTargetTriple().str());
#ifndef NDEBUG
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  if (llvm::verifyModule(*work.module, &stream))
    return Fail("The native translation is not well formed: " + problem);
#endif
  if (level_ > 0) Optimise(*work.module, *work.machine, level_);
  return work;
}

Result<std::unique_ptr<llvm::MemoryBuffer>> Host::Compile(const Module& module, Part part,
                                                          std::span<const runtime::AbiFunction> abi) const {
  auto work = Prepare(module, part, abi);
  if (!work) return std::unexpected(work.error());
  auto object = llvm::orc::SimpleCompiler(*work->machine)(*work->module);
  if (!object) return std::unexpected(FromLlvm("While making native code", object.takeError()));
  return std::move(*object);
}

Result<std::string> Host::Print(const Module& module, std::span<const runtime::AbiFunction> abi) const {
  const Part all{0, static_cast<runtime::FunctionId>(module.functions.size())};
  auto work = Prepare(module, all, abi);
  if (!work) return std::unexpected(work.error());
  std::string text;
  llvm::raw_string_ostream stream(text);
  work->module->print(stream, nullptr);
  return text;
}

}  // namespace lull::compiler::native
