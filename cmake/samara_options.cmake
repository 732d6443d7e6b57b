# What a build can be told, and the defaults that hold for every preset.

option(SAMARA_WERROR "Treat warnings as errors (on in CI, off in a user's build)" OFF)
option(SAMARA_NATIVE "Compile for the instruction set of this machine only (-march=native)" OFF)
option(SAMARA_DEVICE "Build the device profile: only layers marked DEVICE, for a microcontroller" OFF)
option(SAMARA_FUZZ "Build the fuzz targets with libFuzzer instead of the tests (needs clang)" OFF)
option(SAMARA_STDLIB_ASSERTIONS "Check preconditions of the standard library" OFF)
option(SAMARA_TESTS "Build the tests" ON)
set(SAMARA_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: 'address,undefined' or 'thread'")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_COLOR_DIAGNOSTICS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# NDEBUG is never defined: SAMARA_ASSERT is active in all builds, and nothing of ours looks at it.
set(CMAKE_CXX_FLAGS_RELEASE "-O3")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
set(CMAKE_CXX_FLAGS_MINSIZEREL "-Os -g")
set(CMAKE_C_FLAGS_RELEASE "-O3")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_C_FLAGS_MINSIZEREL "-Os -g")

# libsamara.so holds the static layers, so these are position independent. With hidden visibility the code
# is that of a position independent executable, which the system's compiler makes anyway.
if(NOT SAMARA_DEVICE)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  set(CMAKE_CXX_VISIBILITY_PRESET hidden)
  set(CMAKE_C_VISIBILITY_PRESET hidden)
  set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
endif()

# Several build directories of one tree share the cache: the directory is not part of its key.
find_program(SAMARA_CCACHE ccache)
if(SAMARA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 ${SAMARA_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

# Where no ccache answers, half of the time of a build is spent reading the standard library.
if(SAMARA_CCACHE OR SAMARA_DEVICE OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(SAMARA_PCH_DEFAULT OFF)
else()
  set(SAMARA_PCH_DEFAULT ON)
endif()
option(SAMARA_PCH "Precompile the headers of the standard library" ${SAMARA_PCH_DEFAULT})

# Assertion messages and source locations name files from the root of the tree, on every machine.
add_compile_options(-fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)
# The profile: code that differs says so with one of the two, in as few files as possible.
if(SAMARA_DEVICE)
  add_compile_definitions(SAMARA_DEVICE)
else()
  add_compile_definitions(SAMARA_HOST)
endif()
if(SAMARA_NATIVE)
  add_compile_options(-march=native)
endif()
if(SAMARA_STDLIB_ASSERTIONS)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
