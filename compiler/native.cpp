#include "compiler/native.h"

#include <fmt/format.h>
#include <llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>
#include <llvm/ExecutionEngine/Orc/Core.h>
#include <llvm/ExecutionEngine/Orc/ExecutorProcessControl.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "compiler/ir_hash.h"
#include "compiler/native_codegen.h"
#include "compiler/native_object.h"
#include "compiler/object_cache.h"
#include "runtime/base/check.h"

namespace lull::compiler {
namespace {

using native::FromLlvm;
using native::Host;
using native::Part;
using runtime::AbiFunction;
using runtime::CodeTable;

/// A module of up to twice this many functions stays in one part.
constexpr std::size_t kPartFunctions = 100;

/// Takes JITLink's short cut out: it makes a call through a pointer (`call *f@GOTPCREL`) a relative one with
/// an absolute address where the callee lies below 4 GB (optimizeGOTAndStubAccesses, LLVM 19), as it does
/// under valgrind or without address randomisation.
class NoShortCuts : public llvm::orc::ObjectLinkingLayer::Plugin {
 public:
  void modifyPassConfig(llvm::orc::MaterializationResponsibility&, llvm::jitlink::LinkGraph&,
                        llvm::jitlink::PassConfiguration& passes) override {
    passes.PreFixupPasses.clear();
  }
  llvm::Error notifyFailed(llvm::orc::MaterializationResponsibility&) override {
    return llvm::Error::success();
  }
  llvm::Error notifyRemovingResources(llvm::orc::JITDylib&, llvm::orc::ResourceKey) override {
    return llvm::Error::success();
  }
  void notifyTransferringResources(llvm::orc::JITDylib&, llvm::orc::ResourceKey,
                                   llvm::orc::ResourceKey) override {}
};

/// Linked code in memory, freed with the session.
class LinkedCode {
 public:
  static Result<std::shared_ptr<LinkedCode>> Make() {
    auto control = llvm::orc::SelfExecutorProcessControl::Create();
    if (!control) return std::unexpected(FromLlvm("While preparing memory for code", control.takeError()));
    return std::make_shared<LinkedCode>(std::move(*control));
  }

  explicit LinkedCode(std::unique_ptr<llvm::orc::ExecutorProcessControl> control)
      : session_(std::move(control)),
        layer_(session_, session_.getExecutorProcessControl().getMemMgr()),
        library_(session_.createBareJITDylib("lull")) {
    layer_.addPlugin(std::make_shared<NoShortCuts>());
  }

  ~LinkedCode() {
    if (llvm::Error error = session_.endSession()) session_.reportError(std::move(error));
  }

  Status Define(std::span<const AbiFunction> abi) {
    llvm::orc::SymbolMap symbols;
    for (const AbiFunction& function : abi) {
      symbols[session_.intern(native::SymbolOf(function))] = {
          llvm::orc::ExecutorAddr::fromPtr(function.address),
          llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
    }
    llvm::Error error = library_.define(llvm::orc::absoluteSymbols(std::move(symbols)));
    if (error) return std::unexpected(FromLlvm("While linking native code", std::move(error)));
    return {};
  }

  Status Add(std::unique_ptr<llvm::MemoryBuffer> object) {
    llvm::Error error = layer_.add(library_, std::move(object));
    if (error) return std::unexpected(FromLlvm("While linking native code", std::move(error)));
    return {};
  }

  Result<std::vector<runtime::Code>> Find(const Module& module) {
    std::vector<llvm::orc::SymbolStringPtr> names;
    for (runtime::FunctionId i = 0; i < module.functions.size(); ++i) {
      names.push_back(session_.intern(native::SymbolOf(module, i)));
    }
    auto found = session_.lookup({{&library_, llvm::orc::JITDylibLookupFlags::MatchAllSymbols}},
                                 llvm::orc::SymbolLookupSet(names));
    if (!found) return std::unexpected(FromLlvm("While linking native code", found.takeError()));
    std::vector<runtime::Code> codes;
    for (const llvm::orc::SymbolStringPtr& name : names) {
      codes.push_back(
          {.entry = (*found)[name].getAddress().toPtr<runtime::Code::Entry>(), .closure = nullptr});
    }
    return codes;
  }

 private:
  llvm::orc::ExecutionSession session_;
  llvm::orc::ObjectLinkingLayer layer_;
  llvm::orc::JITDylib& library_;
};

std::vector<Part> Split(std::size_t functions) {
  const std::size_t count = functions <= 2 * kPartFunctions ? 1 : functions / kPartFunctions;
  std::vector<Part> parts;
  for (std::size_t i = 0; i < count; ++i) {
    parts.push_back({static_cast<runtime::FunctionId>(functions * i / count),
                     static_cast<runtime::FunctionId>(functions * (i + 1) / count)});
  }
  return parts;
}

/// Makes the objects of a module's parts, or reads them, on a few threads.
class ObjectMaker {
 public:
  using Object = Result<std::unique_ptr<llvm::MemoryBuffer>>;

  ObjectMaker(const Module& module, const NativeOptions& options, Host host)
      : module_(module), options_(options), host_(std::move(host)), cache_(options.cache_folder) {
    if (options.cache_folder.empty()) return;
    const std::string name = host_.Name();
    key_ = fmt::format("{}-{:016x}", HashOf(module, options.abi), XXH3_64bits(name.data(), name.size()));
  }

  std::vector<Object> Run(const std::vector<Part>& parts) {
    std::vector<Object> objects(parts.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < parts.size(); i = next++) objects[i] = Make(parts[i]);
    };
    const std::size_t threads = std::clamp<std::size_t>(options_.threads, 1, parts.size());
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    others.clear();
    return objects;
  }

  std::size_t from_cache() const { return from_cache_; }

 private:
  Object Make(Part part) {
    if (options_.cache_folder.empty()) return host_.Compile(module_, part, options_.abi);
    const std::string key = fmt::format("{}-{}-{}", key_, part.first, part.end);
    if (const std::optional<std::string> bytes = cache_.Get(key)) {
      ++from_cache_;
      return llvm::MemoryBuffer::getMemBufferCopy(*bytes, key);
    }
    Object object = host_.Compile(module_, part, options_.abi);
    if (object) {
      // The cache promises nothing: a full disk costs time at the next start, not this one.
      static_cast<void>(cache_.Put(key, {(*object)->getBufferStart(), (*object)->getBufferSize()}));
    }
    return object;
  }

  const Module& module_;
  const NativeOptions& options_;
  Host host_;
  ObjectCache cache_;
  std::string key_;
  std::atomic<std::size_t> from_cache_ = 0;
};

}  // namespace

std::filesystem::path DefaultCacheFolder() {
  const auto variable = [](const char* name) -> std::string_view {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const std::filesystem::path cache = variable("XDG_CACHE_HOME"); cache.is_absolute())
    return cache / "lull";
  if (const std::filesystem::path home = variable("HOME"); home.is_absolute())
    return home / ".cache" / "lull";
  return {};
}

Result<std::shared_ptr<const CodeTable>> CompileNative(const Module& module, const NativeOptions& options,
                                                       NativeReport* report) {
  auto host = Host::Detect(options.level);
  if (!host) return std::unexpected(host.error());
  auto linked = LinkedCode::Make();
  if (!linked) return std::unexpected(linked.error());
  LinkedCode& code = **linked;
  if (Status defined = code.Define(options.abi); !defined) return std::unexpected(defined.error());

  ObjectMaker maker(module, options, std::move(*host));
  NativeReport made;
  for (ObjectMaker::Object& object : maker.Run(Split(module.functions.size()))) {
    if (!object) return std::unexpected(object.error());
    ++made.objects;
    made.bytes += (*object)->getBufferSize();
    if (Status added = code.Add(std::move(*object)); !added) return std::unexpected(added.error());
  }
  made.from_cache = maker.from_cache();
  if (report != nullptr) *report = made;

  auto codes = code.Find(module);
  if (!codes) return std::unexpected(codes.error());
  auto table = std::make_shared<CodeTable>();
  table->functions = std::move(*codes);
  table->owner = std::move(*linked);
  return table;
}

Result<std::string> PrintLlvm(const Module& module, int level) {
  auto host = Host::Detect(level);
  if (!host) return std::unexpected(host.error());
  return host->Print(module, runtime::AbiFunctions());
}

}  // namespace lull::compiler
