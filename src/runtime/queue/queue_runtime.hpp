#pragma once
// QueueRuntime: runs functions of one kind in worker processes, through the queue of the
// repository: scripts of a language, and what workers offer. Threads: any. Specified by:
// docs/architecture.md, "Runtimes", and docs/formats/queue.md.

#include "call/reply.hpp"
#include "call/script.hpp"
#include "runtime/imported_function.hpp"
#include "runtime/queue/queue_link.hpp"
#include "runtime/runtime.hpp"

namespace samara::runtime {

class QueueRuntime final : public Runtime {
 public:
  /// `kind`: k_kind_offer, k_kind_python, …; empty: functions of all kinds, in the queue that the
  /// caller says. All outlive this.
  QueueRuntime(std::string_view kind, const RecordTypes& records, const ScriptTypes& scripts,
               port::Clock& clock, QueueLink& link)
      : kind_(kind), records_(records), scripts_(scripts), clock_(clock), link_(link) {}

  std::string_view kind() const override { return kind_; }
  Placement placement() const override;
  std::vector<Offer> offers(const FunctionRecord& record) const override;
  Result<std::shared_ptr<const Prepared>> prepare(const FunctionSource& source) override;
  bool wants_values() const override { return false; }
  Result<RunResult> run(const Prepared& prepared, const RunRequest& request) override;

 private:
  std::string_view kind_;
  const RecordTypes& records_;
  const ScriptTypes& scripts_;
  port::Clock& clock_;
  QueueLink& link_;
};

/// Says in a reply what the run called: sentences for the record of the call, each of one line, as
/// the engine makes them. The caller passes them on among the decisions of the run.
void put_calls(Reply& reply, std::span<const std::string> sentences);

/// Adds a script: what Engine::add_function takes. `effect`: unknown where nobody says.
/// Errors: invalid_argument (no UTF-8, a type of functions is wanted), exhausted.
struct ScriptOrder {
  std::string_view kind;
  Script script;
  const Type* type = nullptr;  // of functions
  Effect effect = Effect::unknown;
  std::string path;  // of the source, for messages
};
Result<ImportedFunction> import_script(const RecordTypes& records, const ScriptTypes& scripts,
                                       const ScriptOrder& order);

/// The function that stands for what a worker offers.
struct OfferOrder {
  std::string name;
  std::vector<const Type*> inputs;
  const Type* output = nullptr;
  Effect effect = Effect::unknown;
  Hash implementation;
};
Result<ImportedFunction> import_offer(const RecordTypes& records, const ScriptTypes& scripts,
                                      const OfferOrder& order);

}  // namespace samara::runtime
