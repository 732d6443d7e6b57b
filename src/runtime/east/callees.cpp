#include "runtime/east/callees.hpp"

#include <algorithm>
#include <map>

#include "runtime/callee_outcome.hpp"
#include "runtime/east/platform_host.hpp"
#include "value/beast2.hpp"

namespace samara::runtime::east {

namespace {

// What is left until the deadline; nothing when it has passed. Zero: there is none.
std::optional<std::chrono::nanoseconds> time_left(const PlatformHost& host) {
  if (!host.deadline.has_value()) return std::chrono::nanoseconds(0);
  std::chrono::nanoseconds left = *host.deadline - host.clock->now();
  if (left.count() <= 0) return std::nullopt;
  return left;
}

Result<std::vector<Bytes>> encoded(eval::Vm& vm, const Callee& callee,
                                   std::span<const Slot> arguments) {
  Beast2Options options;
  options.functions = &vm.function_hooks();
  std::vector<Bytes> out;
  out.reserve(arguments.size());
  for (size_t i = 0; i < arguments.size(); i++) {
    SAMARA_TRY(Bytes bytes, encode_beast2(callee.inputs[i], arguments[i], options));
    out.push_back(std::move(bytes));
  }
  return out;
}

bool end(eval::Vm& vm, PlatformHost& host, Outcome outcome) {
  host.ended = std::move(outcome);
  return vm.fail(eval::FailureKind::aborted, "a called function has ended the run");
}

bool raise(eval::Vm& vm, const Outcome& outcome) {
  ir::LocationList locations;
  locations.reserve(outcome.locations.size());
  for (const SourceLocation& at : outcome.locations) {
    locations.push_back({at.filename, at.line, at.column});
  }
  return vm.fail_callee(outcome.message, std::move(locations));
}

// Only an error can be caught: a caller which went on after a limit or a crash would give results
// that depend on more than its arguments.
bool pass_on(eval::Vm& vm, PlatformHost& host, const Callee& callee, Outcome outcome) {
  if (outcome.kind == OutcomeKind::error) return raise(vm, outcome);
  return end(vm, host, callee_outcome(callee.name, std::move(outcome)));
}

bool give(eval::Vm& vm, const Callee& callee, ByteView value, Slot& out) {
  Beast2Options options;
  options.functions = &vm.function_hooks();
  auto decoded = decode_beast2(value, callee.output, vm.types(), vm.heap(), options);
  if (!decoded) return vm.fail(decoded.error(), "result of '" + callee.name + "': ");
  out = *decoded;
  return true;
}

bool not_available(eval::Vm& vm, const Callee& callee) {
  return vm.fail_callee("Platform function '" + callee.name + "' is not available", {});
}

bool call(eval::Vm& vm, const Callee& callee, std::span<const Slot> arguments, Slot& out) {
  PlatformHost* host = platform_host(vm);
  if (host == nullptr || host->subcalls == nullptr) return not_available(vm, callee);
  auto left = time_left(*host);
  if (!left.has_value()) return vm.fail(eval::FailureKind::timeout, "deadline passed");
  auto bytes = encoded(vm, callee, arguments);
  if (!bytes) return vm.fail(bytes.error(), "argument of '" + callee.name + "': ");
  std::vector<ByteView> views(bytes->begin(), bytes->end());
  auto result = host->subcalls->call({callee.name, views, *left});
  if (!result) {
    if (callee.optional && result.error().code == Code::not_found) return not_available(vm, callee);
    host->error = std::move(result).error();
    return vm.fail(eval::FailureKind::aborted, "a called function could not be run");
  }
  if (result->outcome.is_value()) return give(vm, callee, result->value, out);
  return pass_on(vm, *host, callee, std::move(result->outcome));
}

class Collector {
 public:
  Collector(const ir::Program& program, const eval::PlatformRegistry& platform)
      : program_(program), platform_(platform) {}

  Result<std::map<std::string, eval::PlatformFunction>> run() {
    SAMARA_CHECK(visit(*program_.root()));
    return std::move(found_);
  }
  bool optional(const std::string& name) const { return !needed_.contains(name); }

 private:
  Result<void> visit(const ir::Node& node) {
    if (node.op == ir::Op::platform) SAMARA_CHECK(add(node));
    for (const ir::Node* kid : node.kids) SAMARA_CHECK(visit(*kid));
    return {};
  }

  Result<void> add(const ir::Node& node) {
    std::string name(program_.name(node.name));
    if (platform_.describe(name) != nullptr) return {};
    if (!node.optional) needed_[name] = true;
    if (!node.type_parameters.empty()) {
      if (node.optional) return {};
      return Error(Code::unsupported,
                   "unknown platform function '" + name +
                       "': no runtime of this program offers it, and functions of a repository "
                       "have no type parameters");
    }
    auto [at, added] = found_.try_emplace(name);
    if (!added) return {};
    at->second.name = name;
    for (const ir::Node* argument : node.kids) at->second.inputs.push_back(argument->type);
    at->second.output = node.type;
    at->second.is_async = node.is_async;
    return {};
  }

  const ir::Program& program_;
  const eval::PlatformRegistry& platform_;
  std::map<std::string, eval::PlatformFunction> found_;
  std::map<std::string, bool> needed_;  // by some call that is not optional
};

}  // namespace

Result<void> add_callees(Executable& out, const ir::Program& program,
                         const eval::PlatformRegistry& platform) {
  Collector collector(program, platform);
  SAMARA_TRY(auto found, collector.run());
  for (auto& [name, function] : found) {
    Callee callee{name, function.inputs, function.output, collector.optional(name)};
    function.call = [callee](eval::Vm& vm, std::span<const Slot> arguments, Slot& result) {
      return call(vm, callee, arguments, result);
    };
    out.callees.push_back(std::move(callee));
    SAMARA_CHECK(out.registry.add(std::move(function)));
  }
  return {};
}

}  // namespace samara::runtime::east
