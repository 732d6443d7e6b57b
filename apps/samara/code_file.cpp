#include "apps/samara/code_file.hpp"

#include "apps/samara/value_io.hpp"
#include "lang/compile.hpp"
#include "runtime/host/host_runtimes.hpp"

namespace samara::cli {

Result<engine::AddedFunction> add_code_file(Context& context, const CodeFile& file,
                                            engine::AddOptions options) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  SAMARA_TRY(InputBytes input, read_input(context, file.name.path));
  if (runtime::HostRuntimes::kind_of(input.bytes())) {
    runtime::CodeOptions code;
    code.export_name = file.name.function;
    code.type = file.type;
    code.source = options.source;
    SAMARA_TRY(runtime::ImportedFunction imported,
               context.code_runtimes().import(input.bytes(), code));
    if (file.compile) {
      auto compiled = context.code_runtimes().compile(imported);
      if (!compiled)
        context.warn("it stays interpreted: " + std::string(compiled.error().message()));
    }
    return engine->add_function(std::move(imported), options);
  }
  if (!file.name.function.empty() || file.type != nullptr) {
    return context.misuse("'" + file.name.path + "' is East, which has its name and type in itself",
                          "--type and FILE:NAME are for WebAssembly");
  }
  return engine->add_function(input.bytes(), options);
}

Result<const Type*> parse_function_type(Context& context, std::string_view text) {
  auto type = text.find("->") == std::string_view::npos
                  ? parse_type_argument(context, text)
                  : lang::parse_type_text(context.types(), text);
  if (!type) return type;
  if (!(*type)->is_function()) {
    return context.misuse("option '--type' is no type of functions: '" + std::string(text) + "'",
                          "as in --type '(Integer, Float) -> String'");
  }
  return type;
}

}  // namespace samara::cli
