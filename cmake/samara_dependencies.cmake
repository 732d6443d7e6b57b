# The one place which names third-party code. docs/dependencies.md gives the reason for each.
# A library is looked for only when something in the tree needs it, so that a small package set is
# enough for a small build.

if(NOT SAMARA_DEVICE)
  set(THREADS_PREFER_PTHREAD_FLAG ON)
  find_package(Threads REQUIRED)
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
  find_package(CLI11 CONFIG)
  find_package(nlohmann_json 3.11 CONFIG)
  find_package(ZLIB)
  pkg_check_modules(ZSTD IMPORTED_TARGET libzstd)
  if(SAMARA_TESTS AND NOT SAMARA_FUZZ)
    find_package(GTest REQUIRED)
  endif()
  find_package(benchmark CONFIG)
endif()
