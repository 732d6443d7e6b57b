#include "lang/lexer.hpp"

#include "lang/scanner.hpp"
#include "value/utf8.hpp"

namespace samara::lang {

Lexed lex(std::string_view source) {
  size_t valid = utf8_valid_prefix(as_bytes(source).data(), source.size());
  if (valid < source.size()) {
    // Nothing can be said about a text in another encoding.
    Lexed lexed;
    lexed.line_starts = line_starts_of(source);
    Token end;
    end.begin = end.end = static_cast<uint32_t>(source.size());
    end.newline_before = true;
    lexed.tokens.push_back(end);
    Diagnostic problem;
    problem.code = "invalid-utf8";
    problem.title = "the file is not UTF-8 text";
    problem.span = {static_cast<uint32_t>(valid), static_cast<uint32_t>(valid + 1)};
    problem.label = "this byte is no character";
    problem.help = "save the file with the encoding UTF-8";
    lexed.diagnostics.push_back(std::move(problem));
    return lexed;
  }
  Lexed lexed = Scanner(source).run();
  lexed.line_starts = line_starts_of(source);
  pair_brackets(lexed, source);
  pair_angles(lexed.tokens);
  return lexed;
}

}  // namespace samara::lang
