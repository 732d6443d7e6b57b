#pragma once
// IR to source: any East program as a file that compiles to the same canonical code.
//
// Threads: pure apart from the type table. Source: docs/formats/source.md.

#include <memory>

#include "ir/ir.hpp"
#include "lang/ast.hpp"

namespace samara::lang {

/// How much is said: the natural form leaves out what is inferred.
enum class Explicitness : uint8_t { natural, all_types };

struct ReadBackOptions {
  std::string_view function_name = "main";
  std::string_view doc;
  Explicitness explicitness = Explicitness::natural;
};

/// The program as a syntax tree with platform declarations, type aliases for recursive and long
/// types, and one function. Requires: a program that passed the checker.
std::unique_ptr<SyntaxTree> read_back(const ir::Program& program, const ReadBackOptions& options);

struct SourceText {
  std::string text;
  bool exact = false;    // compiles to the same canonical code
  bool natural = false;  // types that are inferred are left out
};
/// Source text of the program: the natural form if it compiles to the same canonical code, else the
/// explicit form if that does, else the natural form as it is. Cost: few compilations.
SourceText source_text(const ir::Program& program, std::string_view function_name,
                       std::string_view doc);

}  // namespace samara::lang
