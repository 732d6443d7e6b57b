#include "engine/subcaller.hpp"

namespace samara::engine {

namespace {

std::chrono::nanoseconds shorter(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
  if (a.count() == 0) return b;
  if (b.count() == 0) return a;
  return std::min(a, b);
}

}  // namespace

Subcaller::Subcaller(Shared& shared, const CallRequest& request, const Hash& call, CallJob& job)
    : shared_(shared), request_(request), chain_{request.chain, call, request.name, &job} {}

Result<runtime::SubcallResult> Subcaller::call(const runtime::Subcall& call) {
  auto at = request_.function.callees.find(call.name);
  if (at == request_.function.callees.end()) {
    return Error(Code::not_found, "'" + std::string(call.name) + "', which '" + request_.name +
                                      "' calls, is no function of this repository");
  }
  SAMARA_TRY(auto function, shared_.functions.get(at->second, request_.names));
  CallOptions options;
  options.limits = request_.options.limits;
  options.limits.wall_max = shorter(options.limits.wall_max, call.wall_max);
  options.durability = request_.options.durability;
  options.live_log = request_.options.live_log;
  options.cancel = request_.options.cancel;
  options.name = call.name;
  options.ancestors = request_.options.ancestors;
  options.waits = request_.options.waits;
  std::vector<CallArgument> arguments;
  arguments.reserve(call.arguments.size());
  for (ByteView bytes : call.arguments) arguments.push_back(CallArgument::encoded(bytes));
  SAMARA_TRY(CallResult result, run(*function, arguments, options));
  note(call, result);
  runtime::SubcallResult out;
  if (result.outcome.is_value()) {
    if (result.bytes != nullptr) {
      out.value = *result.bytes;
    } else {
      SAMARA_TRY(out.value, shared_.repository().objects().get(result.outcome.value));
    }
  }
  out.outcome = std::move(result.outcome);
  return out;
}

Result<CallResult> Subcaller::run(const KnownFunction& function,
                                  std::span<const CallArgument> arguments,
                                  const CallOptions& options) {
  CallRequest request{function,      arguments,      options, std::string(options.name),
                      function.pure, request_.names, &chain_};
  SAMARA_CHECK(check_call(function, arguments.size(), request.name));
  Result<CallResult> result = Error(Code::cancelled, "");
  // The caller has used some of its stack, and the callee is promised a whole one.
  SAMARA_CHECK(shared_.stack.run_apart([&] { result = CallJob(shared_, request).run(); }));
  return result;
}

void Subcaller::note(const runtime::Subcall& call, const CallResult& result) {
  notes_.add({std::string(call.name), result.key.call.short_hex(), short_outcome(result.outcome),
              result.from_memo});
}

std::vector<std::string> Subcaller::decisions() const { return notes_.lines(); }

}  // namespace samara::engine
