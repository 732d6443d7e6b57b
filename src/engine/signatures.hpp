#pragma once
// Signatures of native images, kept beside their functions: a ref `signatures/<function>` to an
// object that is the signature part of a container. So nobody's id changes when somebody signs.
// Threads: any. Specified by: docs/formats/native-image.md, section 5.

#include <string>
#include <string_view>

#include "engine/names.hpp"

namespace samara::engine {

std::string signatures_ref(const Hash& function);
/// Empty: none, or none that can be read, so that the image counts as unsigned.
Result<Bytes> signatures_of(store::Repository& repository, const Hash& function);
/// Adds the signatures of a part; where a key has signed before, the new signature counts.
/// Errors: corrupt (no signature part), and those of the store.
Result<void> add_signatures(store::Repository& repository, const Hash& function, ByteView part,
                            store::Durability durability);

}  // namespace samara::engine
