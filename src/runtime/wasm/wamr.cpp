#include "runtime/wasm/wamr.hpp"

#include "core/assert.hpp"

#ifdef SAMARA_WITH_WAMR

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <vector>

#include <wasm_export.h>

#include "runtime/wasm/host_function.hpp"

namespace samara::runtime::wasm {

namespace {

#ifdef SAMARA_WAMR_GUARD_PAGES

// The engine finds accesses outside of a memory by the signals that they raise, and installs its
// handler anew for each thread, taking the one it finds for its predecessor: from the second thread
// on that is itself, and a crash elsewhere in the program would circle in it for ever. So ours
// stands there whenever a thread is set up, and leads on to what was there before the engine.
struct sigaction g_before_segv;  // written once, before the engine starts
struct sigaction g_before_bus;
struct sigaction g_engine;  // written once, before ours is installed
std::mutex g_threads;       // one thread is set up at a time
thread_local volatile sig_atomic_t t_asked_engine = 0;

void hand_on(const struct sigaction& before, int number, siginfo_t* info, void* context) {
  if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction(number, info, context);
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
    return before.sa_handler(number);
  // Returning repeats the access, which then ends the process as if nobody had looked.
  sigaction(number, &before, nullptr);
  sigset_t raised;
  sigemptyset(&raised);
  sigaddset(&raised, number);
  pthread_sigmask(SIG_UNBLOCK, &raised, nullptr);
}

void on_fault(int number, siginfo_t* info, void* context) {
  // The engine leaves by a jump when the fault is its own; else it comes back here.
  if (t_asked_engine == 0) {
    t_asked_engine = 1;
    return g_engine.sa_sigaction(number, info, context);
  }
  hand_on(number == SIGBUS ? g_before_bus : g_before_segv, number, info, context);
}

void install_ours() {
  struct sigaction ours = {};
  ours.sa_sigaction = on_fault;
  ours.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGSEGV, &ours, nullptr);
  sigaction(SIGBUS, &ours, nullptr);
}

void before_engine() {
  sigaction(SIGSEGV, nullptr, &g_before_segv);
  sigaction(SIGBUS, nullptr, &g_before_bus);
}

void after_engine() { sigaction(SIGSEGV, nullptr, &g_engine); }

bool init_thread() {
  std::lock_guard lock(g_threads);
  install_ours();
  return wasm_runtime_init_thread_env();
}

void forget_faults() { t_asked_engine = 0; }

#else

void before_engine() {}
void after_engine() {}
bool init_thread() { return wasm_runtime_init_thread_env(); }
void forget_faults() {}

#endif

std::span<uint8_t> memory_of(wasm_module_inst_t instance) {
  wasm_memory_inst_t memory = wasm_runtime_get_default_memory(instance);
  if (memory == nullptr) return {};
  uint64_t size = wasm_memory_get_cur_page_count(memory) * wasm_memory_get_bytes_per_page(memory);
  return {static_cast<uint8_t*>(wasm_memory_get_base_address(memory)), static_cast<size_t>(size)};
}

// Every host function is entered here; which one it is the engine keeps with it.
void enter_host(wasm_exec_env_t environment, uint64_t* cells) {
  const auto* function =
      static_cast<const HostFunction*>(wasm_runtime_get_function_attachment(environment));
  wasm_module_inst_t instance = wasm_runtime_get_module_inst(environment);
  auto* run = static_cast<RunState*>(wasm_runtime_get_custom_data(instance));
  if (run == nullptr) {
    wasm_runtime_set_exception(instance, "host functions are not connected");
    return;
  }
  std::span<uint8_t> memory = memory_of(instance);
  run->tell_memory(memory.size());
  HostCall call(*run, memory, cells);
  function->call(call);
  if (!call.trapped().empty()) wasm_runtime_set_exception(instance, call.trapped().c_str());
}

void growth_failed(uint32_t more_pages, uint64_t bytes, uint32_t /*memory*/,
                   enlarge_memory_error_reason_t /*why*/, wasm_module_inst_t instance,
                   wasm_exec_env_t /*environment*/, void* /*data*/) {
  auto* run = static_cast<RunState*>(wasm_runtime_get_custom_data(instance));
  // A module may also have reached a maximum of its own.
  if (run != nullptr && bytes / 65'536 + more_pages > run->memory_pages_max) {
    run->growth_refused = true;
  }
}

// The engine sorts the lists, one for each module, and keeps referring to them.
bool register_host_functions() {
  static std::vector<std::vector<NativeSymbol>> lists;
  std::span<const HostFunction> all = host_functions();
  for (size_t begin = 0; begin < all.size();) {
    std::vector<NativeSymbol> list;
    size_t end = begin;
    for (; end < all.size() && std::string_view(all[end].module) == all[begin].module; end++) {
      list.push_back({all[end].name, reinterpret_cast<void*>(enter_host), all[end].signature,
                      const_cast<HostFunction*>(&all[end])});
    }
    auto count = static_cast<uint32_t>(list.size());
    lists.push_back(std::move(list));
    if (!wasm_runtime_register_natives_raw(all[begin].module, lists.back().data(), count)) {
      return false;
    }
    begin = end;
  }
  return true;
}

// Set before the engine starts, by the thread that starts it; for the rest of the process.
std::span<uint64_t> g_pool;
std::atomic<bool> g_started{false};

bool start_engine() {
  g_started.store(true);
  before_engine();
  RuntimeInitArgs args = {};
  args.mem_alloc_type = Alloc_With_System_Allocator;
  if (!g_pool.empty()) {
    args.mem_alloc_type = Alloc_With_Pool;
    args.mem_alloc_option.pool.heap_buf = g_pool.data();
    args.mem_alloc_option.pool.heap_size = static_cast<uint32_t>(g_pool.size_bytes());
  }
  args.max_thread_num = 4;  // of one instance: ours have one
  if (!wasm_runtime_full_init(&args)) return false;
  wasm_runtime_set_log_level(WASM_LOG_LEVEL_FATAL);  // it would write to our output
  after_engine();
  if (!register_host_functions()) return false;
  wasm_runtime_set_enlarge_mem_error_callback(growth_failed, nullptr);
  // The thread that started the engine is set up as the others are.
  wasm_runtime_destroy_thread_env();
  return true;
}

// The engine, for the rest of the process.
bool engine_runs() {
  static const bool runs = start_engine();
  return runs;
}

class ThreadSetUp {
 public:
  ThreadSetUp() : done_(init_thread()) {}
  ~ThreadSetUp() {
    if (done_) wasm_runtime_destroy_thread_env();
  }
  bool done() const { return done_; }

 private:
  bool done_;
};

Result<void> need_engine() {
  if (!engine_runs()) return Error(Code::exhausted, "the WebAssembly engine does not start");
  thread_local ThreadSetUp set_up;
  if (!set_up.done()) return Error(Code::exhausted, "the WebAssembly engine takes no more threads");
  return {};
}

WASMModuleCommon* of(void* module) { return static_cast<WASMModuleCommon*>(module); }
wasm_module_inst_t instance_of(void* instance) { return static_cast<wasm_module_inst_t>(instance); }
wasm_exec_env_t environment_of(void* environment) {
  return static_cast<wasm_exec_env_t>(environment);
}

// The engine's errors begin with where it was, in words that say nothing to a user.
std::string_view plain(std::string_view message) {
  for (std::string_view prefix :
       {"WASM module load failed: ", "WASM module instantiate failed: ", "Exception: "}) {
    if (message.starts_with(prefix)) message.remove_prefix(prefix.size());
  }
  return message;
}

// Memory is the machine's matter, everything else the module's.
Error engine_error(std::string_view message) {
  message = plain(message);
  bool memory = message.find("allocate") != std::string_view::npos ||
                message.find("mmap") != std::string_view::npos;
  return Error(memory ? Code::exhausted : Code::check_failed, message);
}

}  // namespace

bool engine_available() { return true; }

Result<void> keep_engine_in_pool(size_t bytes) {
  SAMARA_ASSERT(bytes >= 16'384 && g_pool.empty());
  if (g_started.load()) return Error(Code::conflict, "the WebAssembly engine runs already");
  static std::vector<uint64_t> pool;
  pool.resize(bytes / sizeof(uint64_t));
  g_pool = pool;
  return {};
}

// The engine tells modules from machine code by their first bytes, and takes both.
Result<std::shared_ptr<const LoadedModule>> LoadedModule::load(Bytes bytes) {
  SAMARA_ASSERT(bytes.size() > 4 && bytes[1] == 'a' && bytes[2] == 's');
  return give_to_engine(std::move(bytes));
}

Result<std::shared_ptr<const LoadedModule>> LoadedModule::load_code(Bytes code) {
  SAMARA_ASSERT(code.size() > 4 && code[1] == 'a' && code[2] == 'o');
  return give_to_engine(std::move(code));
}

Result<std::shared_ptr<const LoadedModule>> LoadedModule::give_to_engine(Bytes bytes) {
  SAMARA_CHECK(need_engine());
  std::shared_ptr<LoadedModule> loaded(new LoadedModule);
  loaded->bytes_ = std::move(bytes);
  char message[256] = {};
  loaded->module_ = wasm_runtime_load(
      loaded->bytes_.data(), static_cast<uint32_t>(loaded->bytes_.size()), message, sizeof message);
  if (loaded->module_ == nullptr) return engine_error(message);
  return std::shared_ptr<const LoadedModule>(std::move(loaded));
}

LoadedModule::~LoadedModule() {
  if (module_ != nullptr) wasm_runtime_unload(of(module_));
}

Result<std::unique_ptr<Instance>> Instance::create(std::shared_ptr<const LoadedModule> module,
                                                   const InstanceLimits& limits) {
  SAMARA_CHECK(need_engine());
  std::unique_ptr<Instance> made(new Instance);
  made->module_ = std::move(module);
  InstantiationArgs args = {};
  args.default_stack_size = limits.stack_bytes;
  args.max_memory_pages = limits.memory_pages_max;
  args.host_managed_heap_size = limits.heap_bytes;
  char message[256] = {};
  made->instance_ =
      wasm_runtime_instantiate_ex(of(made->module_->module_), &args, message, sizeof message);
  if (made->instance_ == nullptr) return engine_error(message);
  made->environment_ =
      wasm_runtime_create_exec_env(instance_of(made->instance_), limits.stack_bytes);
  if (made->environment_ == nullptr) return Error(Code::exhausted, "no memory for a stack");
  return made;
}

Instance::~Instance() {
  if (environment_ != nullptr) wasm_runtime_destroy_exec_env(environment_of(environment_));
  if (instance_ != nullptr) wasm_runtime_deinstantiate(instance_of(instance_));
}

bool Instance::call(const std::string& name, std::span<uint32_t> cells, uint32_t argument_cells) {
  SAMARA_ASSERT(cells.size() >= 2 && cells.size() >= argument_cells);
  wasm_function_inst_t function =
      wasm_runtime_lookup_function(instance_of(instance_), name.c_str());
  SAMARA_ASSERT(function != nullptr);
  forget_faults();
  return wasm_runtime_call_wasm(environment_of(environment_), function, argument_cells,
                                cells.data());
}

std::string Instance::trap() const {
  const char* message = wasm_runtime_get_exception(instance_of(instance_));
  return message == nullptr ? "trap" : std::string(plain(message));
}

void Instance::clear_trap() { wasm_runtime_clear_exception(instance_of(instance_)); }

void Instance::stop() { wasm_runtime_terminate(instance_of(instance_)); }

void Instance::attach(RunState& run) { wasm_runtime_set_custom_data(instance_of(instance_), &run); }

std::span<uint8_t> Instance::memory() const { return memory_of(instance_of(instance_)); }

}  // namespace samara::runtime::wasm

#else

namespace samara::runtime::wasm {

bool engine_available() { return false; }

Result<void> keep_engine_in_pool(size_t /*bytes*/) {
  return Error(Code::unsupported, "this build has no WebAssembly engine");
}

Result<std::shared_ptr<const LoadedModule>> LoadedModule::load(Bytes /*bytes*/) {
  return Error(Code::unsupported,
               "this build has no WebAssembly engine: build it where cargo 1.85 is installed, or "
               "with -DSAMARA_WAMR_ROOT=<folder>");
}

Result<std::shared_ptr<const LoadedModule>> LoadedModule::load_code(Bytes code) {
  return load(std::move(code));
}

LoadedModule::~LoadedModule() = default;

// Nothing below is reached: there is no loaded module to begin with.

Result<std::unique_ptr<Instance>> Instance::create(std::shared_ptr<const LoadedModule> /*module*/,
                                                   const InstanceLimits& /*limits*/) {
  return Error(Code::unsupported, "this build has no WebAssembly engine");
}

Instance::~Instance() = default;
bool Instance::call(const std::string& /*name*/, std::span<uint32_t> /*cells*/,
                    uint32_t /*argument_cells*/) {
  return false;
}
std::string Instance::trap() const { return {}; }
void Instance::clear_trap() {}
void Instance::stop() {}
void Instance::attach(RunState& /*run*/) {}
std::span<uint8_t> Instance::memory() const { return {}; }

}  // namespace samara::runtime::wasm

#endif
