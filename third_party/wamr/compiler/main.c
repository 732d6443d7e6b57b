/* samara-wasm-aot: reads a WebAssembly module from stdin and writes machine code for the engine to
 * stdout. It limits itself before it reads the first byte - processor time, memory - and leaves no
 * file behind, wherever it is started.
 *
 * usage: samara-wasm-aot --version
 *        samara-wasm-aot ARCH ABI CPU FEATURES OPT SIZE BOUNDS SECONDS MIBIBYTES
 * ABI, CPU and FEATURES may be "-": none. BOUNDS: 0 for an engine with threads and guard pages,
 * which find wrong accesses; the code can be interrupted. 1 for one without: each access is
 * checked. Exit: 0, or 1 with one line on stderr, or a signal when a limit is reached. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aot_compiler.h"
#include "aot_emit_aot_file.h"
#include "optimise.h"
#include "wasm_export.h"

/* The wire form of "memory 0 is shared". The compiler then reloads the flag that ends a thread in
 * every loop, which it would otherwise keep in a register for ever. It also takes for granted that
 * the memory never moves, which is so only where guard pages have reserved all of its addresses. */
enum { k_shared_memory_flag = 2, k_input_max = 64 << 20 };

/* A load outside of the memory traps, also when nobody uses what it loads. Guard pages find it only
 * if it is there, and the optimiser drops loads that nobody uses unless they are volatile. Volatile
 * loads of floats cost a tenth of a matrix product, so those are used instead: by an instruction of
 * no bytes that the optimiser must keep. The linker sends all calls of the builder through here;
 * the compiler calls a load from the module's memory "data". */
static const char* float_register; /* its constraint; null: floats are loaded as the rest */

static void use_float(LLVMBuilderRef builder, LLVMValueRef value) {
  LLVMTypeRef type = LLVMTypeOf(value);
  LLVMTypeRef user =
      LLVMFunctionType(LLVMVoidTypeInContext(LLVMGetTypeContext(type)), &type, 1, false);
  LLVMValueRef nothing = LLVMGetInlineAsm(user, "", 0, float_register, strlen(float_register), true,
                                          false, LLVMInlineAsmDialectATT, false);
  LLVMBuildCall2(builder, user, nothing, &value, 1, "");
}

LLVMValueRef __real_LLVMBuildLoad2(LLVMBuilderRef builder, LLVMTypeRef type, LLVMValueRef from,
                                   const char* name);
LLVMValueRef __wrap_LLVMBuildLoad2(LLVMBuilderRef builder, LLVMTypeRef type, LLVMValueRef from,
                                   const char* name) {
  LLVMValueRef value = __real_LLVMBuildLoad2(builder, type, from, name);
  if (strcmp(name, "data") != 0) return value;
  LLVMTypeKind kind = LLVMGetTypeKind(LLVMTypeOf(value));
  if (float_register != NULL && (kind == LLVMFloatTypeKind || kind == LLVMDoubleTypeKind)) {
    use_float(builder, value);
  } else {
    LLVMSetVolatile(value, true);
  }
  return value;
}

/* The optimiser's turn, for fast code: ours comes before. */
static bool fast;
void __real_aot_apply_llvm_new_pass_manager(AOTCompContext* context, LLVMModuleRef module);
void __wrap_aot_apply_llvm_new_pass_manager(AOTCompContext* context, LLVMModuleRef module) {
  if (fast) samara_optimise(context->target_machine, module);
  __real_aot_apply_llvm_new_pass_manager(context, module);
}

static int fail(const char* what, const char* why) {
  fprintf(stderr, "%s%s%s\n", what, why == NULL || *why == 0 ? "" : ": ", why == NULL ? "" : why);
  return 1;
}

static char* given(char* word) { return strcmp(word, "-") == 0 ? NULL : word; }

static void limit(int what, rlim_t most) {
  struct rlimit both = {most, most};
  setrlimit(what, &both);
}

static unsigned char* read_all(size_t* size) {
  size_t capacity = 1 << 16;
  unsigned char* bytes = malloc(capacity);
  *size = 0;
  while (bytes != NULL) {
    ssize_t got = read(0, bytes + *size, capacity - *size);
    if (got == 0) return bytes;
    if (got < 0) {
      if (errno == EINTR) continue;
      break;
    }
    *size += (size_t)got;
    if (*size < capacity) continue;
    capacity *= 2;
    unsigned char* more = capacity > k_input_max ? NULL : realloc(bytes, capacity);
    if (more == NULL) break;
    bytes = more;
  }
  free(bytes);
  return NULL;
}

static int write_all(int to, const unsigned char* bytes, size_t size) {
  while (size > 0) {
    ssize_t put = write(to, bytes, size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return fail("cannot write the machine code", strerror(errno));
    bytes += put;
    size -= (size_t)put;
  }
  return 0;
}

static int compile(unsigned char* bytes, size_t size, char** words, int out) {
  char error[256] = "";
  WASMModule* module = (WASMModule*)wasm_runtime_load(bytes, (uint32_t)size, error, sizeof error);
  if (module == NULL) return fail("the compiler refuses the module", error);
  AOTCompData* data = aot_create_comp_data(module, given(words[0]), false);
  if (data == NULL) return fail("cannot compile", aot_get_last_error());
  AOTCompOption option;
  memset(&option, 0, sizeof option);
  option.target_arch = given(words[0]);
  option.target_abi = given(words[1]);
  option.target_cpu = given(words[2]);
  option.cpu_features = given(words[3]);
  option.opt_level = (uint32_t)atoi(words[4]);
  option.size_level = (uint32_t)atoi(words[5]);
  option.bounds_checks = (uint32_t)atoi(words[6]);
  option.stack_bounds_checks = 1;
  option.output_format = AOT_FORMAT_FILE;
  /* LLVM tells the compiler how much stack each function takes by way of a file; without a name it
   * would make one in the folder that we were started in, and leave it there. */
  char stack_usage[32];
  int memory_file = memfd_create("stack usage", 0);
  if (memory_file < 0) return fail("cannot set up", strerror(errno));
  snprintf(stack_usage, sizeof stack_usage, "/proc/self/fd/%d", memory_file);
  option.stack_usage_file = stack_usage;
  option.enable_bulk_memory = true;
  option.enable_bulk_memory_opt = true;
  option.enable_ref_types = true;
  option.enable_call_indirect_overlong = true;
  option.enable_tail_call = true;
  option.enable_aux_stack_check = true;
  bool guarded = option.bounds_checks == 0;
  option.enable_thread_mgr = guarded;
  fast = guarded;
  if (guarded) float_register = strcmp(words[0], "x86_64") == 0 ? "x" : "w";
  aot_call_stack_features_init_default(&option.call_stack_features);
  /* From before the context is made: it already decides how memory is reached. */
  AOTMemory* memory = &data->memories[0];
  uint32_t flags = memory->flags;
  if (guarded) memory->flags |= k_shared_memory_flag;
  AOTCompContext* context = aot_create_comp_context(data, &option);
  if (context == NULL) return fail("cannot compile", aot_get_last_error());
  bool compiled = aot_compile_wasm(context);
  memory->flags = flags;
  if (!compiled) return fail("cannot compile", aot_get_last_error());
  uint32_t made_size = 0;
  uint8_t* made = aot_emit_aot_file_buf(context, data, &made_size);
  if (made == NULL) return fail("cannot write the machine code", aot_get_last_error());
  return write_all(out, made, made_size);
}

int main(int count, char** words) {
  if (count == 2 && strcmp(words[1], "--version") == 0) {
    uint32_t major = 0, minor = 0, patch = 0;
    wasm_runtime_get_version(&major, &minor, &patch);
    printf("wamr %u.%u.%u llvm %s\n", major, minor, patch, SAMARA_LLVM_VERSION);
    return 0;
  }
  if (count != 10) return fail("samara-wasm-aot is started by samara", "nine words are expected");
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 16);
  limit(RLIMIT_FSIZE, 256u << 20);
  limit(RLIMIT_CPU, (rlim_t)atoi(words[8]));
  limit(RLIMIT_AS, (rlim_t)atoi(words[9]) << 20);
  /* The compiler prints its choices on stdout. */
  int out = dup(1);
  int null = open("/dev/null", O_WRONLY);
  if (out < 0 || null < 0 || dup2(null, 1) < 0) return fail("cannot set up", strerror(errno));
  size_t size = 0;
  unsigned char* bytes = read_all(&size);
  if (bytes == NULL) return fail("cannot read the module", "too large, or no memory");
  RuntimeInitArgs init;
  memset(&init, 0, sizeof init);
  init.mem_alloc_type = Alloc_With_System_Allocator;
  if (!wasm_runtime_full_init(&init) || !aot_compiler_init()) {
    return fail("cannot start the compiler", NULL);
  }
  int code = compile(bytes, size, words + 1, out);
  /* What is left the system takes back. */
  fflush(stderr);
  _exit(code);
}
