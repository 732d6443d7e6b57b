# Sanitizers are a property of the whole build: mixing instrumented and plain layers hides errors.

if(SAMARA_SANITIZE)
  add_compile_options(-fsanitize=${SAMARA_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SAMARA_SANITIZE})
  if(SAMARA_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=all)
  endif()
  # GCC reports false positives of these from inlined library code once a sanitizer is on.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()

if(SAMARA_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "fuzz targets need clang's libFuzzer, this compiler is ${CMAKE_CXX_COMPILER_ID}")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
