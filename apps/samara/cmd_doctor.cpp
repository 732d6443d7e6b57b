// samara doctor: what this program can do on this machine, and which walls stand around native
// code.

#include "apps/samara/commands.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/table.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/sandbox.hpp"
#include "runtime/host/host_runtimes.hpp"
#include "runtime/native/build.hpp"

namespace samara::cli {
namespace {

class Findings {
 public:
  explicit Findings(Context& context) : context_(context), table_({"what", "here", ""}) {}

  void add(const std::string& what, bool here, const std::string& why_not) {
    if (context_.json()) {
      JsonLine line("finding");
      line.text("what", what).boolean("here", here);
      if (!here) line.text("why_not", why_not);
      context_.out().line(std::move(line).done());
      return;
    }
    table_.row({what, here ? "yes" : "no", here ? "" : why_not});
  }
  void print() {
    if (!context_.json()) context_.out().write(table_.text(context_.colour()));
  }

 private:
  Context& context_;
  TextTable table_;
};

void add_walls(Findings& found, const std::vector<port::SandboxWall>& walls) {
  for (const port::SandboxWall& wall : walls) {
    found.add("  wall: " + wall.name, wall.stands, "this kernel does not give it to us");
  }
}

// Without workers modules are refused, unless --in-process says that they are trusted.
void add_modules(Findings& found, Context& context) {
  if (!runtime::wasm::engine_available()) return;
  const std::string what = "WebAssembly in worker processes";
  auto walls = context.code_runtimes().wasm_walls();
  found.add(what, walls.has_value(), walls ? "" : std::string(walls.error().message()));
  if (walls) add_walls(found, *walls);
}

Result<Exit> run(Context& context, const Arguments&) {
  Findings found(context);
  found.add("WebAssembly", runtime::wasm::engine_available(),
            "built without cargo 1.85, which fetches the engine");
  found.add("WebAssembly as machine code", !port::program_beside(runtime::k_code_compiler).empty(),
            "no samara-wasm-aot beside this program; it is built where llvm-19-dev is");
  add_modules(found, context);
  port::LinuxPrograms programs;
  auto compiler = programs.run(
      {runtime::native::default_compiler(runtime::native::own_target(), true), {"--version"}, {}});
  found.add("a compiler for native tasks", compiler && compiler->done(), "install g++");
  port::LinuxSandbox sandbox;
  auto walls = sandbox.walls();
  if (!walls) {
    found.add("native functions", false, std::string(walls.error().message()));
  } else {
    found.add("native functions", true, "");
    add_walls(found, *walls);
  }
  found.print();
  return Exit::done;
}

}  // namespace

constinit const Command k_doctor = {
    .group = "",
    .name = "doctor",
    .summary = "tell what can run on this machine, and behind which walls",
    .positionals = {},
    .options = {},
    .detail = "",
    .example = "samara doctor",
    .run = run,
};

}  // namespace samara::cli
