#pragma once
// Source text to tokens. Whatever the bytes, the brackets of the result are paired: what was left
// open gets a token that closes it, what closes nothing is left out, each with a diagnostic. So the
// parser sees trees of tokens, and one forgotten bracket does not spoil the rest of the file.
//
// Threads: pure. Source: docs/formats/source.md, section 1.

#include <string_view>
#include <vector>

#include "lang/ast.hpp"
#include "lang/diagnostic.hpp"
#include "lang/token.hpp"

namespace samara::lang {

struct Lexed {
  std::vector<Token> tokens;  // the last is `end`
  std::vector<Comment> comments;
  std::vector<uint32_t> line_starts;
  std::vector<Diagnostic> diagnostics;
  size_t dropped = 0;        // diagnostics that were only counted
  bool open_at_end = false;  // a bracket, string or quoted name is open where the text ends
};

/// Requires: at most k_source_bytes_max bytes; any bytes.
/// Cost: linear.
Lexed lex(std::string_view source);

/// The text that a string token means: quotes, `\(` and `)` removed, escapes replaced. `scratch` is
/// used when something is replaced.
std::string_view string_content(const Token& token, std::string_view source, std::string& scratch);
/// As above for a back-quoted name.
std::string_view quoted_name_content(const Token& token, std::string_view source,
                                     std::string& scratch);

/// Pairs the brackets of `lexed.tokens` and mends what does not pair.
void pair_brackets(Lexed& lexed, std::string_view source);
/// Finds the `<` that start type arguments of a call. Requires: brackets paired.
void pair_angles(std::vector<Token>& tokens);

}  // namespace samara::lang
