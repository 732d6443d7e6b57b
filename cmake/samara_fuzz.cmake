# samara_fuzz(NAME <target>): tests/fuzz/<target>_fuzz.cpp defines LLVMFuzzerTestOneInput.
#
# In the preset `fuzz` it becomes the libFuzzer program fuzz_<target>. In every other preset the same
# source is linked with a small main that replays tests/fuzz/corpus/<target>/, as an ordinary test.

function(samara_fuzz)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "")
  set(target fuzz_${arg_NAME})
  set(source ${CMAKE_SOURCE_DIR}/tests/fuzz/${arg_NAME}_fuzz.cpp)
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${arg_NAME})
  if(SAMARA_FUZZ)
    add_executable(${target} ${source})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${target} ${source} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
    add_test(NAME ${target} COMMAND ${target} ${corpus})
    set_tests_properties(${target} PROPERTIES LABELS fuzz TIMEOUT 300)
  endif()
  target_link_libraries(${target} PRIVATE samara_host samara_flags)
endfunction()
