#pragma once
// NativeRuntime: runs native images, each in a process behind the walls of a sandbox. An image is
// validated, loaded and relocated once, when it is prepared; no later step reads the file again.
// What a task gives back is foreign bytes: decoded under all checks of the format and encoded anew.
//
// Threads: any. A forked child must make its own.
// Specified by: docs/architecture.md, "Runtimes", and docs/formats/native-image.md.

#include "image/validate.hpp"
#include "port/sandbox.hpp"
#include "runtime/runtime.hpp"
#include "trust/trust_rules.hpp"

namespace samara::runtime::native {

/// What this machine has to give to one task, of its own target. Null target: none runs here.
image::Offer offer_of_this_machine();

/// Runs images whatever their signatures: what an owner of the machine wants for his own.
image::TrustPolicy trust_everything();

/// What a NativeRuntime stands on; everything outlives it.
struct NativeRuntimeParts {
  const RecordTypes& types;
  port::Sandbox& sandbox;
  image::Offer offer = offer_of_this_machine();
  /// Where `rules` is null.
  image::TrustPolicy trust = trust_everything();
  /// A policy that may change; null: `trust`, always.
  trust::TrustSource* rules = nullptr;
  /// Whether runs of one function may share a process, its data restored between them. Only for
  /// callers who trust each other: see docs/formats/native-image.md, section 9.
  bool reuse = false;
};

class NativeRuntime final : public Runtime {
 public:
  explicit NativeRuntime(const NativeRuntimeParts& parts) : parts_(parts) {}

  std::string_view kind() const override;
  Placement placement() const override {
    return {.place = "sandbox",
            .reason =
                "run in a process of its own behind system call filter and namespaces: it is "
                "machine code"};
  }
  std::vector<runtime::Offer> offers(const FunctionRecord& record) const override;
  /// Errors, beside those of the interface: the refusal of the image with rule and byte
  /// (not_trusted, unsupported, exhausted, corrupt as image::refusal_error says); unsupported,
  /// where this machine cannot contain native code.
  Result<std::shared_ptr<const Prepared>> prepare(const FunctionSource& source) override;
  /// Not after the policy has changed or a key has expired.
  bool current(const Prepared& prepared) override;
  /// Errors, beside those of the interface: invalid_argument (arguments larger than the task
  /// takes), io (the sandbox itself failed).
  Result<RunResult> run(const Prepared& prepared, const RunRequest& request) override;

 private:
  NativeRuntimeParts parts_;
};

}  // namespace samara::runtime::native
