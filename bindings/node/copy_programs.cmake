# Copies the programs that run WebAssembly beside the library, as far as they are built.
foreach(program samara-wasm-worker samara-wasm-aot)
  if(EXISTS ${FROM}/${program})
    file(COPY ${FROM}/${program} DESTINATION ${TO})
  endif()
endforeach()
