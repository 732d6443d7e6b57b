# Two flag sets, as targets to link privately.
#   samara_flags      everything under src/, ports/ and their tests: no exceptions, no RTTI
#   samara_app_flags  apps/: exceptions on, because CLI11 and nlohmann-json report by throwing.
#                     RTTI stays off: a class deriving from an interface of a layer would otherwise
#                     ask for a typeinfo which the layer does not emit.

add_library(samara_warnings INTERFACE)
target_compile_options(samara_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wimplicit-fallthrough
  $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast>
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:Clang>>:-Wthread-safety>
  # clang's -Wconversion includes this one, which objects to SAMARA_ASSERT(!"why this is impossible").
  $<$<CXX_COMPILER_ID:Clang>:-Wno-string-conversion>
  # std::stable_sort of libstdc++ 12 uses a function that it marks as deprecated; GCC does not tell.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
# GCC 12 reports copies inside std::string that overlap, which cannot happen (GCC bug 105651, mended in
# 13), and with precompiled headers also ones that read too far.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(samara_warnings INTERFACE -Wno-restrict)
  if(SAMARA_PCH)
    target_compile_options(samara_warnings INTERFACE -Wno-stringop-overread)
  endif()
endif()
if(SAMARA_WERROR)
  target_compile_options(samara_warnings INTERFACE -Werror)
endif()

add_library(samara_flags INTERFACE)
target_link_libraries(samara_flags INTERFACE samara_warnings)
target_compile_options(samara_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions> $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)

add_library(samara_app_flags INTERFACE)
target_link_libraries(samara_app_flags INTERFACE samara_warnings)
target_compile_options(samara_app_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
