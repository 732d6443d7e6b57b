#pragma once
// Presenting a value: to a file by its extension, as a table or East text to people, as JSON to
// programs. Threads: one.

#include "apps/samara/context.hpp"
#include "apps/samara/value_io.hpp"

namespace samara::cli {

/// Options that commands which present values have in common.
inline constexpr OptionSpec k_output_option = {
    "output", 'o', "FILE", "write to FILE: .beast2, .json, .east, .csv", Completes::file};
inline constexpr OptionSpec k_to_option = {"to", 0, "FORMAT", "beast2, beast1, json, east or csv",
                                           Completes::format};
inline constexpr OptionSpec k_table_option = {"table", 0, "",
                                              "rows in columns (default on a terminal)"};

struct Presentation {
  std::optional<std::string> path;  // of the file; none: standard output
  std::optional<Format> format;     // none: for people
  bool table = false;
  Dialect dialect = Dialect::b;
  std::optional<char> delimiter;
};

/// From -o, --to and --table. Errors: misuse.
Result<Presentation> presentation_of(Context& context, const Arguments& arguments);

/// Writes the value to the file, or to standard output in the form asked for.
Result<void> present(Context& context, const engine::LoadedValue& value, const Presentation& how);

/// Adds "east_type" and, where the type has JSON, "value"; else "text".
void add_value(JsonLine& line, const TypedValue& value);

}  // namespace samara::cli
