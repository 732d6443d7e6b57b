#include "runtime/wasm/worker_service.hpp"

#include <unordered_map>

#include "core/assert.hpp"
#include "core/sha256.hpp"
#include "runtime/argument_error.hpp"
#include "runtime/limit_outcome.hpp"
#include "runtime/wasm/channel.hpp"
#include "runtime/wasm/run.hpp"
#include "runtime/wasm/worker_messages.hpp"

namespace samara::runtime::wasm {

namespace {

constexpr port::Instant k_never = port::Instant::max();

// A module with a page of memory and a function "f" that does nothing.
constexpr uint8_t k_nothing[] = {0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00,  //
                                 0x01, 0x04, 0x01, 0x60, 0x00, 0x00,              // type () -> ()
                                 0x03, 0x02, 0x01, 0x00,                          // function
                                 0x05, 0x03, 0x01, 0x00, 0x01,                    // memory
                                 0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00,        // export
                                 0x0A, 0x04, 0x01, 0x02, 0x00, 0x0B};             // code

struct Loaded {
  PreparedModule module;
  size_t header_bytes = 0;  // of an encoded result
};

class Service final : public WorkerService {
 public:
  explicit Service(const WorkerParts& parts)
      : parts_(parts),
        types_(table_),
        run_parts_{types_, parts.clock, parts.processes, {}},
        watchdog_(parts.clock),
        channel_(parts.line, parts.clock, Side::worker) {
    run_parts_.stack_bytes = parts.stack_bytes;
    run_parts_.heap_bytes = parts.heap_bytes;
    run_parts_.random = &parts.random;
  }

  Result<void> begin() {
    SAMARA_CHECK(watchdog_.start());
    return warm_up();
  }

  Result<void> serve(bool enough, std::span<const port::SandboxWall> walls) override {
    if (!say(Say::hello, pack_hello(enough, walls))) return {};
    while (true) {
      Message message;
      switch (channel_.receive(message, UINT64_MAX, parts_.clock.now() + parts_.idle_max)) {
        case Heeded::done:
          break;
        case Heeded::gone:
        case Heeded::late:
          return {};
        case Heeded::broken:
          return Error(Code::io, "the host does not speak as it should");
      }
      if (!heed(message)) return {};
    }
  }

 private:
  // False: the host is gone.
  bool say(Say what, ByteView body) {
    return channel_.send(static_cast<uint8_t>(what), body, k_never) == Heeded::done;
  }

  bool heed(const Message& message) {
    switch (static_cast<Say>(message.kind)) {
      case Say::load:
        return say(Say::answer, pack_answer(load(message.body)));
      case Say::code:
        return say(Say::answer, pack_answer(take_code(message.body)));
      case Say::drop:
        loaded_.erase(Unpack(message.body).u64());
        return true;
      case Say::run:
        return run(message.body);
      default:
        SAMARA_ASSERT(!"a message of the host");
    }
    return false;
  }

  // Whatever the engine and the C library do once, they do now.
  Result<void> warm_up() {
    if (!engine_available()) return LoadedModule::load({}).error().clone();
    SAMARA_TRY(auto module, LoadedModule::load(Bytes(std::begin(k_nothing), std::end(k_nothing))));
    SAMARA_TRY(auto instance, Instance::create(std::move(module), {}));
    uint32_t cells[2] = {};
    SAMARA_ASSERT(instance->call("f", cells, 0));
    static_cast<void>(sha256({}));
    return {};
  }

  Result<void> load(ByteView body) {
    LoadMessage message = unpack_load(body, table_);
    SAMARA_TRY(auto interpreted, LoadedModule::load(std::move(message.staged)));
    auto ready = std::make_shared<ReadyModule>();
    if (message.memory_pages) {
      ready->module.memories.push_back({.initial = *message.memory_pages, .maximum = {}});
    }
    ready->initialisers = std::move(message.initialisers);
    ready->callees = std::move(message.callees);
    ready->code = std::make_shared<CodeForms>(std::move(interpreted), Bytes());
    Loaded loaded;
    SAMARA_TRY(Bytes type, encode_type(message.binding.output, Dialect::b));
    loaded.header_bytes = sizeof k_beast2_magic + type.size();
    const uint64_t number = message.binding.number;
    loaded.module.ready = std::move(ready);
    loaded.module.binding = std::make_shared<const Binding>(std::move(message.binding));
    loaded_.insert_or_assign(number, std::move(loaded));
    return {};
  }

  Result<void> take_code(ByteView body) {
    Unpack in(body);
    auto at = loaded_.find(in.u64());
    SAMARA_ASSERT(at != loaded_.end());
    ByteView bytes = in.rest();
    SAMARA_TRY(auto code, LoadedModule::load_code(Bytes(bytes.begin(), bytes.end())));
    at->second.module.ready->code->use(std::move(code), {});
    return {};
  }

  // --- a run -------------------------------------------------------------------------------------

  class Log final : public LogSink {
   public:
    explicit Log(Service& service) : service_(service) {}
    void write(LogStream stream, std::string_view text) override {
      while (!text.empty()) {
        std::string_view piece = text.substr(0, k_log_piece_bytes_max);
        Pack out;
        out.u8(static_cast<uint8_t>(stream));
        out.rest(as_bytes(piece));
        service_.say(Say::log, out.all());
        text.remove_prefix(piece.size());
      }
    }

   private:
    Service& service_;
  };

  class Observer final : public RunObserver {
   public:
    explicit Observer(Service& service) : service_(service) {}
    void partial_result(ByteView bytes) override { service_.say(Say::partial_result, bytes); }
    void metric(std::string_view key, double value) override {
      Pack out;
      out.f64(value);
      out.rest(as_bytes(key));
      service_.say(Say::metric, out.all());
    }
    void progress(uint32_t permille) override {
      Pack out;
      out.u32(permille);
      service_.say(Say::progress, out.all());
    }

   private:
    Service& service_;
  };

  class Calls final : public Subcalls {
   public:
    explicit Calls(Service& service) : service_(service) {}
    Result<SubcallResult> call(const Subcall& call) override {
      Message message;
      if (!service_.say(Say::subcall, pack_subcall(call)) ||
          service_.channel_.receive(message, UINT64_MAX, k_never) != Heeded::done) {
        return Error(Code::cancelled, "the host is gone");
      }
      SAMARA_ASSERT(static_cast<Say>(message.kind) == Say::subcall_result);
      return unpack_subcall_result(message.body);
    }

   private:
    Service& service_;
  };

  bool run(ByteView body) {
    channel_.state().begun.fetch_add(1, std::memory_order_relaxed);
    Unpack in(body);
    RunHead head = unpack_run_head(in);
    auto at = loaded_.find(head.number);
    SAMARA_ASSERT(at != loaded_.end());
    const Loaded& loaded = at->second;
    auto result = run(loaded, head, in);
    if (!result) return say(Say::answer, pack_answer(std::move(result).error()));
    ResultMessage message;
    message.outcome = std::move(result->outcome);
    message.cpu = std::chrono::nanoseconds(result->usage.cpu_ns);
    message.peak_memory_bytes = result->usage.peak_memory_bytes;
    if (message.outcome.is_value()) {
      SAMARA_ASSERT(result->value.size() >= loaded.header_bytes);
      message.value = ByteView(result->value).subspan(loaded.header_bytes);
    }
    return say(Say::result, pack_result(message));
  }

  Result<RunResult> run(const Loaded& loaded, const RunHead& head, Unpack& in) {
    const Binding& binding = *loaded.module.binding;
    const auto limit =
        static_cast<size_t>(std::min<uint64_t>(head.limits.memory_bytes_max, SIZE_MAX));
    Heap heap({.limit_bytes = limit});
    std::vector<Argument> arguments;
    for (const Type* type : binding.inputs) {
      Argument argument;
      if (static_cast<Given>(in.u8()) == Given::full) {
        argument.encoded = in.bytes();
      } else {
        auto value = decode_beast2_value(in.bytes(), type, heap);
        if (heap.exhausted()) return ended(memory_limit(head.limits));
        if (!value) return std::move(value).error();
        argument.value = {type, *value, Dialect::b};
      }
      arguments.push_back(argument);
    }
    Log log(*this);
    Observer observer(*this);
    Calls calls(*this);
    RunRequest request;
    request.arguments = arguments;
    request.heap = &heap;
    request.limits = head.limits;
    request.log = head.logs ? &log : nullptr;
    request.cancel = &channel_.state().cancel;
    request.name = head.name;
    request.observer = head.observed ? &observer : nullptr;
    request.subcalls = head.subcalls ? &calls : nullptr;
    request.memory_bytes = &channel_.state().memory_bytes;
    return run_module(run_parts_, watchdog_, loaded.module, request);
  }

  static RunResult ended(Outcome outcome) {
    RunResult out;
    out.outcome = std::move(outcome);
    return out;
  }

  WorkerParts parts_;
  TypeTable table_;
  RecordTypes types_;
  WasmRuntimeParts run_parts_;
  Watchdog watchdog_;
  Channel channel_;
  std::unordered_map<uint64_t, Loaded> loaded_;
};

}  // namespace

Result<std::unique_ptr<WorkerService>> WorkerService::start(const WorkerParts& parts) {
  auto service = std::make_unique<Service>(parts);
  SAMARA_CHECK(service->begin());
  return std::unique_ptr<WorkerService>(std::move(service));
}

}  // namespace samara::runtime::wasm
