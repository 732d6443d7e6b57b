#include "ports/linux/zygote/runner.hpp"

#include "ports/linux/zygote/filter.hpp"
#include "ports/linux/zygote/services.hpp"

// call_on_stack(top, function, a, b): as function(a, b), on another stack.
extern "C" int32_t call_on_stack(uint64_t top, uint64_t function, uint64_t a, uint64_t b);
extern "C" void return_from_signal();

#if defined(__x86_64__)
__asm__(
    ".globl call_on_stack\n"
    "call_on_stack:\n"
    "  pushq %rbp\n"
    "  movq %rsp, %rbp\n"
    "  movq %rdi, %rsp\n"
    "  movq %rsi, %rax\n"
    "  movq %rdx, %rdi\n"
    "  movq %rcx, %rsi\n"
    "  call *%rax\n"
    "  leave\n"
    "  ret\n"
    ".globl return_from_signal\n"
    "return_from_signal:\n"
    "  movl $15, %eax\n"
    "  syscall\n");
#elif defined(__aarch64__)
__asm__(
    ".globl call_on_stack\n"
    "call_on_stack:\n"
    "  stp x29, x30, [sp, #-16]!\n"
    "  mov x29, sp\n"
    "  mov sp, x0\n"
    "  mov x9, x1\n"
    "  mov x0, x2\n"
    "  mov x1, x3\n"
    "  blr x9\n"
    "  mov sp, x29\n"
    "  ldp x29, x30, [sp], #16\n"
    "  ret\n"
    ".globl return_from_signal\n"
    "return_from_signal:\n"
    "  mov x8, #139\n"
    "  svc #0\n");
#endif

namespace samara::sandbox {
namespace {

constexpr size_t k_signal_stack_bytes = 65536;
alignas(64) uint8_t signal_stack[k_signal_stack_bytes];

LoadMessage program;
RunMessage current;
samara_call call;
bool reused = false;
long zygote = 0;
uint64_t cpu_before = 0;  // when the run began

Control& control() { return *reinterpret_cast<Control*>(program.control); }

[[noreturn]] void leave() {
  for (;;) kernel_call(__NR_exit_group, 0);
}

bool in_stack(uint64_t at, uint64_t size) {
  return at >= program.stack && at - program.stack <= program.stack_bytes - size;
}

void record_registers(CrashRecord& out, const ucontext& context, uint64_t& frame) {
  const auto& at = context.uc_mcontext;
#if defined(__x86_64__)
  out.pc = at.rip;
  out.sp = at.rsp;
  frame = at.rbp;
  const uint64_t all[] = {at.rax, at.rbx, at.rcx, at.rdx, at.rsi, at.rdi, at.rbp, at.rsp,
                          at.r8,  at.r9,  at.r10, at.r11, at.r12, at.r13, at.r14, at.r15};
#elif defined(__aarch64__)
  out.pc = at.pc;
  out.sp = at.sp;
  frame = at.regs[29];
  const auto& all = at.regs;
#endif
  for (uint64_t value : all) out.registers[out.register_count++] = value;
}

// Only memory that is certainly there is read: the stack of the task.
void record_stack(CrashRecord& out, uint64_t frame) {
  while (out.frame_count < k_frames_max && (frame & 7) == 0 && in_stack(frame, 16)) {
    const auto* words = reinterpret_cast<const uint64_t*>(frame);
    if (words[1] != 0) out.frames[out.frame_count++] = words[1];
    if (words[0] <= frame) break;
    frame = words[0];
  }
  while (out.stack_bytes < k_stack_bytes_max && in_stack(out.sp + out.stack_bytes, 1)) {
    out.stack[out.stack_bytes] = *reinterpret_cast<const uint8_t*>(out.sp + out.stack_bytes);
    out.stack_bytes++;
  }
}

// Ends the process with the signal itself, which is blocked while its handler runs: so that the
// kernel's word, and not the record, says what has happened. Returns where that cannot be done;
// the fault then happens again, without a handler.
void die_of(int signal) {
  if (signal == SIGSYS) kernel_call(__NR_getpid);
  if (signal == SIGSEGV) {
    volatile uint64_t nowhere = 16;
    *reinterpret_cast<volatile int*>(nowhere) = 0;
  }
#if defined(__x86_64__)
  if (signal == SIGILL) __asm__ volatile("ud2");
  if (signal == SIGTRAP) __asm__ volatile("int3");
  if (signal == SIGFPE)
    __asm__ volatile("xorl %%ecx, %%ecx\n divl %%ecx" : : : "eax", "ecx", "edx");
#elif defined(__aarch64__)
  if (signal == SIGILL) __asm__ volatile("udf #0");
  if (signal == SIGTRAP) __asm__ volatile("brk #0");
#endif
}

void on_crash(int signal, siginfo_t* info, void* context) {
  if (program.control == 0) leave();  // the zygote itself
  CrashRecord& out = control().crash;
  if (out.signal == 0) {
    out.code = info->si_code;
    out.frame_count = 0;
    out.register_count = 0;
    out.stack_bytes = 0;
    if (signal == SIGSYS) {
      out.system_call = static_cast<uint64_t>(info->si_syscall);
    } else {
      out.address = reinterpret_cast<uint64_t>(info->si_addr);
    }
    uint64_t frame = 0;
    record_registers(out, *static_cast<const ucontext*>(context), frame);
    record_stack(out, frame);
    out.signal = static_cast<uint32_t>(signal);
  }
  die_of(signal);
}

void limit(int resource, uint64_t value) {
  rlimit wanted{value, value};
  kernel_call(__NR_prlimit64, 0, static_cast<uint64_t>(resource), address_of(&wanted));
}

// What needs no knowledge of the run.
bool let_go() {
  if (kernel_call(__NR_close_range, 0, UINT32_MAX, 0) < 0) return false;
  kernel_call(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
  return kernel_call(__NR_getppid) == zygote;  // otherwise it has died before the line above
}

bool close_doors() {
  limit(RLIMIT_NPROC, 0);
  limit(RLIMIT_NOFILE, 0);
  constexpr uint64_t k_own_bytes = 8U << 20;  // of this program, mapped already
  limit(RLIMIT_AS, program.reserve_bytes + k_own_bytes);
  if (!reused && current.cpu_seconds != UINT64_MAX) {
    // First a signal that names the reason, then, for whoever hides from it, the end.
    rlimit wanted{current.cpu_seconds, current.cpu_seconds + 1};
    kernel_call(__NR_prlimit64, 0, RLIMIT_CPU, address_of(&wanted));
  }

  Filter filter;
  filter.allow(__NR_exit_group);
  filter.allow(__NR_rt_sigreturn);
  filter.allow(__NR_clock_gettime);
  if (reused) {
    filter.allow_with(__NR_futex, 1, FUTEX_WAIT);
    filter.allow_with(__NR_futex, 1, FUTEX_WAKE);
    filter.allow_with(__NR_madvise, 2, MADV_DONTNEED);
  }
  constexpr uint64_t k_random = 32;
  if ((program.capabilities & k_random) != 0) filter.allow(__NR_getrandom);
  // Trapped calls are not made either, and the number gets into the record.
  return filter.install(SECCOMP_RET_TRAP) == 0;
}

// What a run may have left: data is taken from the pristine view, heap and stack become new.
void restore(uint64_t heap_peak) {
  for (uint32_t i = 0; i < program.region_count; i++) {
    const MapRegion& region = program.regions[i];
    if ((region.rights & k_right_write) == 0) continue;
    __builtin_memcpy(reinterpret_cast<void*>(program.image + region.address),
                     reinterpret_cast<const void*>(program.pristine + region.address), region.size);
  }
  constexpr uint64_t k_small = 65536;  // cheaper to clear than to map anew
  const uint64_t used = heap_peak;
  if (used <= k_small && used <= program.heap_bytes) {
    __builtin_memset(reinterpret_cast<void*>(program.heap), 0, used);
  } else {
    kernel_call(__NR_madvise, program.heap, program.heap_bytes, MADV_DONTNEED);
  }
}

void run_once() {
  call = samara_call{};
  call.in = reinterpret_cast<const uint8_t*>(program.input);
  call.in_len = current.input_bytes;
  call.out = reinterpret_cast<uint8_t*>(program.output);
  call.out_cap = current.output_bytes;
  for (size_t i = 0; i < sizeof call.job_id; i++) call.job_id[i] = current.job_id[i];
  call.attempt = current.attempt;
  const samara_host* host = start_services(program, current, &call);
  control().state = k_state_running;
  const uint64_t top = program.stack + program.stack_bytes;
  const auto* constructors = reinterpret_cast<const uint64_t*>(program.init_array);
  for (uint64_t i = 0; i < program.init_count; i++) call_on_stack(top, constructors[i], 0, 0);
  const int32_t code = call_on_stack(top, program.entry, address_of(host), address_of(&call));
  control().code = code;
  control().output_bytes = call.out_len;
  control().state = k_state_returned;
}

Exchange& exchange() { return *reinterpret_cast<Exchange*>(program.control + k_exchange_offset); }

void tell_node() {
  control().cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_before;
  Exchange& with = exchange();
  // Pairs with the node, which says that it sleeps and then looks at the bell once more.
  __atomic_store_n(&with.bell, current.number, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&with.node_sleeps, __ATOMIC_SEQ_CST) != 0) wake(&with.bell);
}

// Until the node wants another run; what it is stands in `current` then.
void wait_for_node() {
  Exchange& with = exchange();
  auto called = [&with] { return __atomic_load_n(&with.go, __ATOMIC_SEQ_CST) != current.number; };
  if (current.spin != 0) {
    const uint64_t end = clock_ns(CLOCK_MONOTONIC) + k_spin_ns;
    do {
      for (int i = 0; i < 64 && !called(); i++) spin_once();
    } while (!called() && clock_ns(CLOCK_MONOTONIC) < end);
  }
  while (!called()) {
    __atomic_store_n(&with.runner_sleeps, 1, __ATOMIC_SEQ_CST);
    sleep_on(&with.go, current.number);
  }
  __atomic_store_n(&with.runner_sleeps, 0, __ATOMIC_SEQ_CST);
  current = with.next;
}

}  // namespace

void end_run() {
  if (reused) tell_node();
  leave();
}

void sleep_on(uint32_t* word, uint32_t seen) {
  kernel_call(__NR_futex, address_of(word), FUTEX_WAIT, seen, 0, 0, 0);
}
void wake(uint32_t* word) { kernel_call(__NR_futex, address_of(word), FUTEX_WAKE, 1, 0, 0, 0); }

void install_crash_handlers() {
  zygote = kernel_call(__NR_getpid);
  stack_t stack{};
  stack.ss_sp = signal_stack;
  stack.ss_size = sizeof signal_stack;
  kernel_call(__NR_sigaltstack, address_of(&stack), 0);
  SignalAction action{};
  action.handler = on_crash;
  action.flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
#if defined(__x86_64__)
  action.flags |= 0x04000000;  // SA_RESTORER
  action.restorer = return_from_signal;
#endif
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS}) {
    kernel_call(__NR_rt_sigaction, static_cast<uint64_t>(signal), address_of(&action), 0,
                sizeof action.mask);
  }
}

void runner_main(const LoadMessage& load, const RunMessage& run) {
  program = load;
  current = run;
  reused = run.reused != 0;
  if (!let_go() || !close_doors()) leave();
  for (;;) {
    if (reused) cpu_before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    run_once();
    if (!reused) leave();
    const uint64_t heap_peak = control().heap_peak;  // the node clears it once it is told
    tell_node();
    restore(heap_peak);
    wait_for_node();
    if (current.kind != k_run) leave();
  }
}

void warm_runner_main(const LoadMessage& load) {
  program = load;
  if (!let_go()) leave();
  Exchange& with = exchange();
  while (__atomic_load_n(&with.go, __ATOMIC_SEQ_CST) == 0) sleep_on(&with.go, 0);
  current = with.next;
  if (!close_doors()) leave();
  run_once();
  leave();
}

}  // namespace samara::sandbox
