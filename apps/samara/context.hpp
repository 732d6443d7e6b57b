#pragma once
// Context: what a command works with: the repository it was pointed at, the machine, where to
// print. Everything is made when it is first asked for, so that a command pays for what it uses.
// Threads: one, except for cancel_flag().

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/samara/arguments.hpp"
#include "apps/samara/output.hpp"
#include "core/bytes.hpp"
#include "port/clock.hpp"
#include "port/files.hpp"
#include "port/random.hpp"
#include "value/type.hpp"

namespace samara::eval {
class PlatformRegistry;
}
namespace samara::engine {
class Engine;
}
namespace samara::runtime {
class HostRuntimes;
class QueueLink;
}  // namespace samara::runtime
namespace samara::store {
class DirectoryRepository;
}
namespace samara::trust {
class PolicyFile;
}

namespace samara::cli {

/// What a function that is run may use of the outside world.
struct Grants {
  std::vector<std::string> capabilities;  // "fs", "net", …
  std::vector<std::string> file_roots;    // absolute; where fs may go; empty: everywhere
};

class Context {
 public:
  explicit Context(const CommandLine& line);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  Output& out() { return out_; }
  Output& err() { return err_; }
  bool json() const { return json_; }
  bool quiet() const { return quiet_; }
  /// Escape sequences may be used on standard output.
  bool colour() const { return colour_on(out_); }
  /// The same of another output.
  bool colour_on(const Output& output) const;

  port::Files& files();
  port::Random& random();
  port::Clock& clock();
  TypeTable& types();
  /// All platform functions of this program, granted or not. `grants` count at the first call.
  const eval::PlatformRegistry& platform(const Grants& grants = {});

  /// Takes this repository whatever the command line says.
  void use_repository(std::string_view name) { repository_name_ = name; }
  /// Where the repository is. Errors: no_repository.
  Result<std::string> locate_repository();
  Result<store::DirectoryRepository*> repository();
  /// `grants` count at the first call. Errors: those of repository().
  Result<engine::Engine*> engine(const Grants& grants = {});
  /// Modules run in this process from here on. Requires: code_runtimes() was not called.
  void trust_modules() { modules_trusted_ = true; }
  /// Whom the repository trusts. Errors: those of repository().
  Result<trust::PolicyFile*> policy();
  /// What makes functions of code that is not East.
  runtime::HostRuntimes& code_runtimes();
  /// The way to the workers of the repository.
  runtime::QueueLink& queue();

  /// The error, with the command that helps.
  Error fail(Error error, std::string_view hint);
  Error fail(Code code, std::string_view message, std::string_view hint = {});
  /// A mistake in the command line: the program ends with Exit::usage.
  Error misuse(std::string_view message, std::string_view hint = {});
  /// Says what went well, to people only: nothing in a pipe, with --quiet or with --json.
  void note(std::string_view text);
  /// "samara: warning: …" on standard error, unless --quiet.
  void warn(std::string_view text);
  /// Prints an error and returns the exit code it means.
  Exit report(const Error& error);

  /// From here on, interrupts set cancel_flag() instead of ending the program; a second one ends
  /// it.
  static void catch_interrupts();
  static const std::atomic<bool>& cancel_flag();
  /// Installs the handlers; called once.
  static void install_handlers();

 private:
  struct Parts;

  Result<void> start_worker(const std::string& queue);
  /// What a full disk has left, as a hint; empty where there is no repository.
  std::string space_left();

  const CommandLine& line_;
  std::optional<std::string> repository_name_;
  Output out_;
  Output err_;
  bool json_;
  bool quiet_;
  std::string hint_;
  bool misused_ = false;
  bool modules_trusted_ = false;
  std::unique_ptr<Parts> parts_;
};

std::string working_directory();

/// A line on a terminal that is rewritten while something long happens.
/// Threads: one at a time.
class Progress {
 public:
  explicit Progress(Context& context);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Whether a call of show() would print now: on a terminal, ten times a second.
  bool due();
  void show(std::string_view text);

 private:
  Context& context_;
  bool active_;
  bool shown_ = false;
  port::Instant next_{};
};

}  // namespace samara::cli
