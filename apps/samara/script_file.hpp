#pragma once
// A source file in the language of a worker becomes a function. Threads: one.

#include <optional>
#include <string>
#include <string_view>

#include "apps/samara/arguments.hpp"
#include "apps/samara/context.hpp"
#include "apps/samara/source_file.hpp"
#include "engine/engine.hpp"

namespace samara::cli {

/// Whether the file is one, by its suffix or by --runtime.
bool is_script(const Arguments& arguments, std::string_view path);

/// What --effect says; unknown where it is not given.
Result<Effect> effect_option(Context& context, const Arguments& arguments);

/// Options: entry, runtime, type, effect, environment.
/// Errors: those of reading; invalid_argument (what is said of it), and those of the engine.
Result<engine::AddedFunction> add_script_file(Context& context, const Arguments& arguments,
                                              const SourceName& name, engine::AddOptions options);

}  // namespace samara::cli
