/* The optimiser of samara-wasm-aot before the one of WAMR. */
#ifndef SAMARA_WASM_OPTIMISE_H
#define SAMARA_WASM_OPTIMISE_H

#include <llvm-c/TargetMachine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Works on a module that WAMR's compiler has just written and not yet optimised: functions that
 * call themselves, see optimise.cpp. */
void samara_optimise(LLVMTargetMachineRef machine, LLVMModuleRef module);

#ifdef __cplusplus
}
#endif

#endif
