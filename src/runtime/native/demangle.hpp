#pragma once
// Readable names of C++ functions: "geometry::Grid::fill<...>" for "_ZN8geometry4GridIdE4fillEv".
// A crash names a function for people, so parameters and template arguments are left out; what is
// left needs no memory of what was said before, and each character is looked at once: names come
// from foreign bytes. Threads: pure. Source: Itanium C++ ABI, section 5.1.

#include <string>
#include <string_view>

namespace samara::runtime::native {

/// The name itself where it is none of C++, or of a form that is not understood.
std::string demangled(std::string_view name);

}  // namespace samara::runtime::native
