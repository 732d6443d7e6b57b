#pragma once
// CommandRuntime: runs functions of kind `command`: any program of this machine, by a line of the
// shell, in a box. Bytes go in by files or standard input, and out the same way. Threads: any.
// Specified by: docs/formats/function.md, "Commands".

#include "call/command_code.hpp"
#include "port/clock.hpp"
#include "port/command_box.hpp"
#include "runtime/imported_function.hpp"
#include "runtime/runtime.hpp"

namespace samara::runtime::command {

struct CommandImport {
  CommandCode code;
  const Type* type = nullptr;  // of functions; from and to String and Blob
  Effect effect = Effect::unknown;
};
/// Errors: invalid_argument (a type that files cannot have; what parse_line says), exhausted.
Result<ImportedFunction> import_command(const RecordTypes& types, const CommandImport& import);

/// What a CommandRuntime stands on; everything outlives it.
struct CommandRuntimeParts {
  const RecordTypes& types;
  port::Clock& clock;
  port::CommandBox& box;
};

class CommandRuntime final : public Runtime {
 public:
  explicit CommandRuntime(const CommandRuntimeParts& parts) : parts_(parts) {}

  std::string_view kind() const override { return k_kind_command; }
  Placement placement() const override {
    return {.place = "box",
            .reason = "run in a box of its own: it is a command with programs of this machine"};
  }
  std::vector<runtime::Offer> offers(const FunctionRecord& record) const override;
  Result<std::shared_ptr<const Prepared>> prepare(const FunctionSource& source) override;
  Result<RunResult> run(const Prepared& prepared, const RunRequest& request) override;

 private:
  CommandRuntimeParts parts_;
};

}  // namespace samara::runtime::command
