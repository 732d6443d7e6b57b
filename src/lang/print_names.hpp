#pragma once
// Names and literals as source text. Threads: pure. Source: docs/formats/source.md, section 1.

#include <cstdint>
#include <string>
#include <string_view>

namespace samara::lang {

/// Words that only back-quotes make a name (after a dot and as a field they need none).
bool is_keyword(std::string_view word);
/// `[A-Za-z_][A-Za-z0-9_]*`, keywords included.
bool is_plain_name(std::string_view text);
/// The name as an expression, type, variable or label: back-quoted where needed.
std::string quoted_name(std::string_view name);
/// The name after a dot or of a field: keywords are plain there.
std::string quoted_member(std::string_view name);
/// The string literal with its quotes.
std::string string_text(std::string_view value);
/// The characters of a string without quotes, as they stand between interpolations.
void append_string_part(std::string& out, std::string_view value);
/// The shortest literal that reads back as the same number, with a point or an exponent.
std::string float_text(double value);

}  // namespace samara::lang
