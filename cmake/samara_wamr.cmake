# Where the sources of WAMR are: SAMARA_WAMR_ROOT, or the package of third_party/wamr/Cargo.toml,
# fetched by cargo into its own cache and checked against the sums of the lock file. A build without
# them is a build that refuses WebAssembly functions, nothing
# else.
#
# Sets SAMARA_WAMR_LIBRARY: `wamr`, which defines SAMARA_WITH_WAMR for those that use it, or nothing.

option(SAMARA_WASM "Build the WebAssembly engine, where its sources can be had" ON)
option(SAMARA_WASM_AOT "Build the compiler of WebAssembly to machine code, where LLVM can be had" ON)
set(SAMARA_WAMR_ROOT "" CACHE PATH
  "A copy of WAMR 2.4 (the folder with core/ and build-scripts/); empty: fetched with cargo")

# The folder in the package's unpacked sources, or empty; `why` says what is missing.
function(samara_wamr_from_cargo out why)
  set(${out} "" PARENT_SCOPE)
  find_program(SAMARA_CARGO cargo)
  if(NOT SAMARA_CARGO)
    set(${why} "cargo is not installed (Debian: cargo-web)" PARENT_SCOPE)
    return()
  endif()
  set(manifest ${CMAKE_SOURCE_DIR}/third_party/wamr/Cargo.toml)
  set(metadata ${SAMARA_CARGO} metadata --locked --format-version 1 --manifest-path ${manifest})
  # Without the network first: after the first configure everything is there.
  execute_process(COMMAND ${metadata} --offline
    OUTPUT_VARIABLE json ERROR_VARIABLE message RESULT_VARIABLE failed)
  if(failed)
    message(STATUS "Fetching the sources of WAMR with cargo")
    execute_process(COMMAND ${metadata} TIMEOUT 120
      OUTPUT_VARIABLE json ERROR_VARIABLE message RESULT_VARIABLE failed)
  endif()
  if(failed)
    string(STRIP "${failed}\n${message}" message)
    set(${why} "cargo does not give the package: ${message}" PARENT_SCOPE)
    return()
  endif()
  string(JSON count LENGTH "${json}" packages)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON name GET "${json}" packages ${i} name)
    if(name STREQUAL "wamrx-sys")
      string(JSON found GET "${json}" packages ${i} manifest_path)
      get_filename_component(folder ${found} DIRECTORY)
      set(${out} ${folder}/wasm-micro-runtime PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${why} "cargo does not name the package" PARENT_SCOPE)
endfunction()

# LLVM for the compiler to machine code: SAMARA_LLVM_LIBRARY, LLVM_INCLUDE_DIRS, LLVM_PACKAGE_VERSION.
# The newest of those that give good code; CMake's own search by version misses Debian's names.
function(samara_find_llvm why)
  foreach(version 19 16 15 14)
    find_package(LLVM CONFIG QUIET NO_DEFAULT_PATH PATHS /usr/lib/llvm-${version}/lib/cmake/llvm)
    if(LLVM_FOUND)
      find_library(SAMARA_LLVM_${version} LLVM-${version} PATHS /usr/lib/llvm-${version}/lib)
      if(SAMARA_LLVM_${version})
        set(SAMARA_LLVM_LIBRARY ${SAMARA_LLVM_${version}} PARENT_SCOPE)
        set(LLVM_INCLUDE_DIRS ${LLVM_INCLUDE_DIRS} PARENT_SCOPE)
        set(LLVM_PACKAGE_VERSION ${LLVM_PACKAGE_VERSION} PARENT_SCOPE)
        return()
      endif()
    endif()
    unset(LLVM_DIR CACHE)
  endforeach()
  set(${why} "LLVM is not installed (Debian: llvm-19-dev)" PARENT_SCOPE)
endfunction()

set(SAMARA_WAMR_LIBRARY)
if(SAMARA_WASM AND NOT SAMARA_DEVICE)
  set(why "")
  if(SAMARA_WAMR_ROOT)
    set(WAMR_ROOT_DIR ${SAMARA_WAMR_ROOT})
  elseif(SAMARA_WAMR_FOUND AND EXISTS ${SAMARA_WAMR_FOUND}/build-scripts/runtime_lib.cmake)
    set(WAMR_ROOT_DIR ${SAMARA_WAMR_FOUND})
  else()
    samara_wamr_from_cargo(WAMR_ROOT_DIR why)
    set(SAMARA_WAMR_FOUND "${WAMR_ROOT_DIR}" CACHE INTERNAL "sources of WAMR in cargo's cache")
  endif()
  if(WAMR_ROOT_DIR AND NOT EXISTS ${WAMR_ROOT_DIR}/build-scripts/runtime_lib.cmake)
    set(why "no WAMR in '${WAMR_ROOT_DIR}': build-scripts/runtime_lib.cmake is missing")
    set(WAMR_ROOT_DIR "")
  endif()
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR
     NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64|aarch64|arm64)$")
    set(why "no engine for ${CMAKE_SYSTEM_NAME} on ${CMAKE_SYSTEM_PROCESSOR}")
    set(WAMR_ROOT_DIR "")
  endif()
  if(WAMR_ROOT_DIR)
    set(SAMARA_WAMR_LIBRARY wamr)
    add_subdirectory(third_party/wamr)
    if(SAMARA_WASM_AOT)
      samara_find_llvm(why)
      if(SAMARA_LLVM_LIBRARY)
        add_subdirectory(third_party/wamr/compiler)
        # Whoever has the engine has its compiler beside it, and knows which it is without asking.
        file(STRINGS ${WAMR_ROOT_DIR}/core/version.h numbers REGEX "#define WAMR_VERSION_(MAJOR|MINOR|PATCH)")
        list(TRANSFORM numbers REPLACE "^.*[ \t]([0-9]+).*$" "\\1")
        list(JOIN numbers "." numbers)
        target_compile_definitions(wamr INTERFACE
          SAMARA_AOT_COMPILER="wamr ${numbers} llvm ${LLVM_PACKAGE_VERSION}")
        add_dependencies(wamr samara-wasm-aot)
      else()
        message(STATUS "WebAssembly stays interpreted: ${why}")
      endif()
    endif()
  else()
    message(WARNING "The WebAssembly engine is left out: ${why}. "
      "To have it: install cargo 1.85 or later, or name a copy of WAMR 2.4 with -DSAMARA_WAMR_ROOT=<folder>. "
      "To silence this: -DSAMARA_WASM=OFF.")
  endif()
endif()
