#pragma once
// Types as source text, closed ones and those still being inferred (`_` stands for what is not
// known yet).
//
// Threads: pure. Source: docs/formats/source.md, section 4.

#include <string>
#include <string_view>
#include <unordered_map>

#include "lang/type_unify.hpp"

namespace samara::lang {

/// Names that a file gives to types; used in messages.
using TypeNames = std::unordered_map<const Type*, std::string_view>;

/// A name as source writes it: back-quoted where it is no identifier. `field`: keywords may stand.
std::string name_text(std::string_view name, bool field = false);

/// For messages: cut to about `k_message_type_max` bytes; `names` may be null.
inline constexpr size_t k_message_type_max = 200;
std::string message_type(Types& types, Ty* type, const TypeNames* names);

}  // namespace samara::lang
