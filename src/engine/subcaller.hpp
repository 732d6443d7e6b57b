#pragma once
// Subcaller: calls other functions of the repository for one that runs, as calls like any other:
// answered from memory, recorded, on whatever runtime has them. Threads: that of the run.
// Specified by: docs/formats/call.md, "Subtasks".

#include "engine/call_job.hpp"
#include "engine/called_note.hpp"

namespace samara::engine {

class Subcaller final : public runtime::Subcalls {
 public:
  /// For the run of `request` as the call `call` by `job`; all outlive this.
  Subcaller(Shared& shared, const CallRequest& request, const Hash& call, CallJob& job);

  Result<runtime::SubcallResult> call(const runtime::Subcall& call) override;
  /// What was called, for people; a long list is cut.
  std::vector<std::string> decisions() const;

 private:
  Result<CallResult> run(const KnownFunction& function, std::span<const CallArgument> arguments,
                         const CallOptions& options);
  void note(const runtime::Subcall& call, const CallResult& result);

  Shared& shared_;
  const CallRequest& request_;
  CallChain chain_;
  CalledNotes notes_;
};

}  // namespace samara::engine
