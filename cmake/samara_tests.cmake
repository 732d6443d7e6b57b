# samara_test_executable(NAME <target> LABEL <label> SOURCES <files>... [LIBS <targets>...]
#                        [TIMEOUT <seconds>] [ARGS <arguments>...])
#
# One GoogleTest program and one ctest entry of the same name. Labels are the rungs of the ladder:
# unit, golden, property, fuzz, fault, sim, e2e, device, lint. `dev test` counts the cases inside.
# SAMARA_TEST_DATA is the folder tests/ of the tree, for programs that read vectors.

function(samara_test_executable)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;LABEL;TIMEOUT" "SOURCES;LIBS;ARGS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBS} samara_flags)
  if(SAMARA_DEVICE)
    target_link_libraries(${arg_NAME} PRIVATE samara_mps2_gtest)
  else()
    target_link_libraries(${arg_NAME} PRIVATE GTest::gtest GTest::gtest_main Threads::Threads)
    target_compile_definitions(${arg_NAME} PRIVATE SAMARA_TEST_DATA="${CMAKE_SOURCE_DIR}/tests")
    target_include_directories(${arg_NAME} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src)
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} ${arg_ARGS})
  set_tests_properties(${arg_NAME} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()

# Everything of the host build, for programs that stand above the layers.
function(samara_collect_host_libraries)
  if(NOT TARGET samara_host)
    add_library(samara_host INTERFACE)
    target_link_libraries(samara_host INTERFACE ${SAMARA_LAYERS})
    target_include_directories(samara_host INTERFACE
      ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  endif()
endfunction()

# samara_test_folder(<kind>): every tests/<kind>/<name>_test.cpp is a program <kind>_<name>; other
# sources of the folder are linked into each of them. Scripts <name>_test.sh and <name>_test.py run
# as they are, with SAMARA_BIN (the folder of the built programs), SAMARA_SOURCE and
# SAMARA_BUDGET (the file of its workers' budget: tests do not wait for each other's workers) in their
# environment; exit code 77 means skipped.
function(samara_test_folder kind)
  set(folder ${CMAKE_SOURCE_DIR}/tests/${kind})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(programs ${sources})
  list(FILTER programs INCLUDE REGEX "_test\\.cpp$")
  set(shared ${sources})
  list(FILTER shared EXCLUDE REGEX "_test\\.cpp$")
  set(libs samara_host)
  if(TARGET samara_test_support)
    list(APPEND libs samara_test_support)
  endif()
  if(shared)
    add_library(samara_test_${kind} STATIC ${shared})
    target_link_libraries(samara_test_${kind} PUBLIC ${libs} GTest::gtest PRIVATE samara_flags)
    target_compile_definitions(samara_test_${kind} PRIVATE SAMARA_TEST_DATA="${CMAKE_SOURCE_DIR}/tests")
    list(PREPEND libs samara_test_${kind})
  endif()
  foreach(program IN LISTS programs)
    get_filename_component(name ${program} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${name})
    samara_test_executable(NAME ${kind}_${name} LABEL ${kind} SOURCES ${program} LIBS ${libs})
  endforeach()

  file(GLOB scripts CONFIGURE_DEPENDS ${folder}/*_test.sh ${folder}/*_test.py)
  foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${name})
    if(script MATCHES "\\.py$")
      set(interpreter python3)
    else()
      set(interpreter bash)
    endif()
    add_test(NAME ${kind}_${name} COMMAND ${interpreter} ${script})
    set_tests_properties(${kind}_${name} PROPERTIES
      LABELS ${kind} TIMEOUT 300 SKIP_RETURN_CODE 77
      ENVIRONMENT "SAMARA_BIN=${CMAKE_BINARY_DIR}/bin;SAMARA_SOURCE=${CMAKE_SOURCE_DIR};SAMARA_BUDGET=${CMAKE_BINARY_DIR}/budget-${kind}_${name}")
  endforeach()
endfunction()
