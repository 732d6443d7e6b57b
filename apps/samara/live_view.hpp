#pragma once
// LiveView: what a running function shows before its end: results so far, measurements, progress.
// To standard error, as LiveLog; with --json as lines of their own. Threads: one call at a time.

#include "apps/samara/present.hpp"
#include "runtime/runtime.hpp"

namespace samara::cli {

class LiveView final : public runtime::RunObserver {
 public:
  /// `output`: the type of the function's result.
  LiveView(Context& context, const Type* output) : context_(context), output_(output) {}

  void partial_result(ByteView bytes) override;
  void metric(std::string_view key, double value) override;
  void progress(uint32_t permille) override;

 private:
  void say(const std::string& text);
  void show(std::string line);

  Context& context_;
  const Type* output_;
  uint32_t percent_ = 0;  // shown last
};

}  // namespace samara::cli
