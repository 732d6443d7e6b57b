// What LLVM does not do by itself with code that WAMR's compiler has written: it never inlines a
// function into itself. A small function that calls itself gets some levels of its own body, as GCC
// gives it, so that fewer calls are made, and fewer of the checks that go with each. WAMR's
// pipeline runs afterwards.
//
// Every function of a module is two for LLVM: `aot_func#7` looks whether there is room on the stack
// and ends in `aot_func_internal#7`, the body. Bodies call the first; the copies inside need no
// look, because the frame that the first looks for is then the larger one.

#include "optimise.h"

#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/PassManager.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <utility>
#include <vector>

namespace {

using namespace llvm;

constexpr const char* k_body_prefix = "aot_func_internal#";
constexpr const char* k_entry_prefix = "aot_func#";

// Instructions of a function that is worth it, of what it may become, and calls of itself.
constexpr unsigned k_small = 120;
constexpr unsigned k_large = 600;
constexpr size_t k_calls_max = 4;
// More gains nothing: fib of 32 takes 7.4 ms without, then 5.9, 4.8, 4.6 and again 4.6.
constexpr unsigned k_levels = 3;

std::vector<CallInst*> calls_of(Function& body, const Function& entry) {
  std::vector<CallInst*> out;
  for (BasicBlock& block : body) {
    for (Instruction& instruction : block) {
      auto* call = dyn_cast<CallInst>(&instruction);
      if (call == nullptr || call->isMustTailCall()) continue;
      if (call->getCalledFunction() == &entry) out.push_back(call);
    }
  }
  return out;
}

void inline_into_itself(Function& body, Function& entry) {
  if (body.getInstructionCount() > k_small) return;
  const size_t calls = calls_of(body, entry).size();
  if (calls == 0 || calls > k_calls_max) return;
  ValueToValueMapTy values;
  Function* copy = CloneFunction(&body, values);
  copy->setLinkage(GlobalValue::InternalLinkage);
  for (unsigned level = 0; level < k_levels; level++) {
    for (CallInst* call : calls_of(body, entry)) {
      if (body.getInstructionCount() > k_large) break;
      call->setCalledFunction(copy);
      InlineFunctionInfo info;
      if (!InlineFunction(*call, info).isSuccess()) call->setCalledFunction(&entry);
    }
  }
  copy->eraseFromParent();
}

}  // namespace

void samara_optimise(LLVMTargetMachineRef machine, LLVMModuleRef from) {
  PassBuilder builder(reinterpret_cast<TargetMachine*>(machine));
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);

  // Until sizes mean something.
  FunctionPassManager first;
  first.addPass(SROAPass(SROAOptions::ModifyCFG));
  first.addPass(EarlyCSEPass());
  first.addPass(SimplifyCFGPass());
  first.addPass(InstCombinePass());

  Module& module = *unwrap(from);
  std::vector<std::pair<Function*, Function*>> pairs;
  for (Function& body : module) {
    if (body.isDeclaration() || !body.getName().consume_front(k_body_prefix)) continue;
    const StringRef number = body.getName().substr(StringRef(k_body_prefix).size());
    Function* entry = module.getFunction((k_entry_prefix + number).str());
    if (entry != nullptr && !calls_of(body, *entry).empty()) pairs.push_back({&body, entry});
  }
  for (auto [body, entry] : pairs) {
    first.run(*body, functions);
    inline_into_itself(*body, *entry);
  }
}
