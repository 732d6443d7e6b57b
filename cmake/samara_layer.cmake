# samara_layer(NAME <folder under src/> DEPS <layers>... [DEVICE] [LIBS <libraries>...])
#
# Makes the static library samara_<name> from src/<name>/*.cpp, or a header-only one when the folder
# holds headers alone, and the test test_<name> from src/<name>/*_test.cpp. A folder which is missing
# or empty makes nothing. `runtime/east` becomes samara_runtime_east.
#
# Files ending in _host.cpp and _host_test.cpp are left out of the device profile.
# DEVICE  the layer is part of the device profile; the others are skipped there.
# LIBS    third-party libraries of the host build.
# TOGETHER  a build without ccache compiles several files of the layer at once, so no two files may give
#         one name to different things, even in unnamed namespaces. For layers of many small files.

set(SAMARA_LAYERS "" CACHE INTERNAL "layers that exist in this build")

function(samara_layer_target out name)
  string(REPLACE "/" "_" flat ${name})
  set(${out} samara_${flat} PARENT_SCOPE)
endfunction()

# DEPS in CMake and the table for the include checker are two statements of one fact.
function(samara_check_layer_table name)
  file(STRINGS ${CMAKE_SOURCE_DIR}/src/layers.txt lines REGEX "^${name}:")
  if(NOT lines)
    message(FATAL_ERROR "layer '${name}' has no line in src/layers.txt")
  endif()
  string(REGEX REPLACE "^[^:]*:" "" allowed "${lines}")
  string(STRIP "${allowed}" allowed)
  separate_arguments(allowed)
  set(deps ${ARGN})
  list(SORT allowed)
  list(SORT deps)
  if(NOT "${allowed}" STREQUAL "${deps}")
    message(FATAL_ERROR "layer '${name}': DEPS are '${deps}', src/layers.txt allows '${allowed}'")
  endif()
endfunction()

# The standard headers that most files read, compiled once for all targets with the flags of a layer.
set(SAMARA_PCH_HEADERS <algorithm> <chrono> <deque> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <unordered_map> <vector>)

function(samara_precompile target)
  if(NOT SAMARA_PCH)
    return()
  endif()
  if(NOT TARGET samara_pch)
    file(WRITE ${CMAKE_BINARY_DIR}/samara_pch.cpp "// carries the precompiled header\n")
    add_library(samara_pch OBJECT ${CMAKE_BINARY_DIR}/samara_pch.cpp)
    target_link_libraries(samara_pch PRIVATE samara_flags)
    target_precompile_headers(samara_pch PRIVATE ${SAMARA_PCH_HEADERS})
  endif()
  target_precompile_headers(${target} REUSE_FROM samara_pch)
  samara_quiet_pch(${target})
endfunction()

# Out of a precompiled header GCC 12 reports what it keeps to itself in system headers: overflows
# inside std::string that cannot happen.
function(samara_quiet_pch target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overflow> $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds>)
endfunction()

# Library and test from one folder: shared by layers and ports.
function(samara_library target folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TEST;LABEL" "DEPS;LIBS")
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.hpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(SAMARA_DEVICE)
    list(FILTER sources EXCLUDE REGEX "_host\\.cpp$")
    list(FILTER tests EXCLUDE REGEX "_host_test\\.cpp$")
  endif()
  if(NOT sources AND NOT headers)
    return()
  endif()

  set(deps)
  foreach(dep IN LISTS arg_DEPS)
    samara_layer_target(dep_target ${dep})
    if(TARGET ${dep_target})
      list(APPEND deps ${dep_target})
    endif()
  endforeach()

  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(${target} PUBLIC ${deps} ${arg_LIBS} PRIVATE samara_flags)
    samara_precompile(${target})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(${target} INTERFACE ${deps} ${arg_LIBS})
  endif()
  set(SAMARA_LAYERS ${SAMARA_LAYERS} ${target} CACHE INTERNAL "")

  if(tests AND SAMARA_TESTS AND NOT SAMARA_FUZZ)
    samara_test_executable(NAME ${arg_TEST} LABEL ${arg_LABEL} SOURCES ${tests} LIBS ${target})
  endif()
endfunction()

function(samara_layer)
  cmake_parse_arguments(PARSE_ARGV 0 arg "DEVICE;TOGETHER" "NAME" "DEPS;LIBS")
  samara_check_layer_table(${arg_NAME} ${arg_DEPS})
  if(SAMARA_DEVICE AND NOT arg_DEVICE)
    return()
  endif()
  samara_layer_target(target ${arg_NAME})
  string(REGEX REPLACE "^samara_" "test_" test ${target})
  if(SAMARA_DEVICE)
    set(arg_LIBS)
    set(label device)
  else()
    set(label unit)
  endif()
  if(arg_TOGETHER AND SAMARA_PCH)
    set(CMAKE_UNITY_BUILD ON)
    set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
  endif()
  samara_library(${target} ${CMAKE_SOURCE_DIR}/src/${arg_NAME}
    TEST ${test} LABEL ${label} DEPS ${arg_DEPS} LIBS ${arg_LIBS})
endfunction()

# samara_port(NAME linux DEPS core port LIBS ...): implementations of src/port, included as
# "ports/linux/files.hpp".
function(samara_port)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "DEPS;LIBS")
  set(target samara_port_${arg_NAME})
  samara_library(${target} ${CMAKE_SOURCE_DIR}/ports/${arg_NAME}
    TEST test_port_${arg_NAME} LABEL unit DEPS ${arg_DEPS} LIBS ${arg_LIBS})
  if(TARGET ${target})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "INTERFACE_LIBRARY")
      target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR})
    else()
      target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
    endif()
  endif()
endfunction()
