#include "lang/parse.hpp"

#include "lang/lexer.hpp"
#include "lang/parser.hpp"

namespace samara::lang {

namespace {

Parsed too_large(std::string_view source) {
  Parsed parsed;
  parsed.tree = std::make_unique<SyntaxTree>();
  parsed.tree->line_starts = {0};
  Diagnostic problem;
  problem.code = "too-large";
  problem.title = "the file is too large";
  problem.label = std::to_string(source.size()) + " bytes";
  problem.help = "a source file has at most " + std::to_string(k_source_bytes_max) + " bytes";
  parsed.diagnostics.push_back(std::move(problem));
  return parsed;
}

}  // namespace

Parsed parse(std::string_view source) {
  if (source.size() > k_source_bytes_max) return too_large(source);
  Parser parser(source, lex(source));
  parser.file();
  return parser.finish();
}

Parsed parse_input(std::string_view source) {
  if (source.size() > k_source_bytes_max) return too_large(source);
  Parser parser(source, lex(source));
  parser.input();
  return parser.finish();
}

bool is_incomplete(std::string_view source) {
  if (source.size() > k_source_bytes_max) return false;
  Lexed lexed = lex(source);
  if (lexed.open_at_end) return true;
  Parser parser(source, std::move(lexed));
  parser.input();
  return parser.ended_early();
}

}  // namespace samara::lang
