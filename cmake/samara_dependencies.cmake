# The one place which names third-party code. docs/dependencies.md gives the reason for each.
# A library is looked for only when something in the tree needs it, so that a small package set is
# enough for a small build.

# A program that is started for each call must not spend its time in the dynamic linker: what Debian
# has as a static library is linked in (0.6 ms against 1.1 ms for the start of the command line).
option(SAMARA_STATIC "Link third-party libraries and the C++ library into the programs" ON)
if(SAMARA_SANITIZE)
  set(SAMARA_STATIC OFF)
endif()

if(NOT SAMARA_DEVICE)
  set(THREADS_PREFER_PTHREAD_FLAG ON)
  find_package(Threads REQUIRED)
  set(OPENSSL_USE_STATIC_LIBS ${SAMARA_STATIC})
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
  find_library(SAMARA_PCRE2_ARCHIVE libpcre2-8.a HINTS ${PCRE2_LIBRARY_DIRS})
  if(SAMARA_STATIC AND SAMARA_PCRE2_ARCHIVE)
    set_target_properties(PkgConfig::PCRE2 PROPERTIES
      INTERFACE_LINK_LIBRARIES "${SAMARA_PCRE2_ARCHIVE}")
  endif()
  find_package(CURL REQUIRED)  # headers only: the library is loaded when it is first used
  find_package(CLI11 CONFIG)
  find_package(nlohmann_json 3.11 CONFIG)
  find_package(ZLIB)
  pkg_check_modules(ZSTD IMPORTED_TARGET libzstd)
  if(SAMARA_TESTS AND NOT SAMARA_FUZZ)
    find_package(GTest REQUIRED)
  endif()
  find_package(benchmark CONFIG)
endif()
