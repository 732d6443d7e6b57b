/* A program: standard input to standard output in capital letters. With a C library for WASI
 * (Debian: wasi-libc, libclang-rt-19-dev-wasm32):
 *   clang --target=wasm32-wasi -O2 -o upper.wasm upper.c
 *   samara run upper.wasm '[]' @notes.txt */

#include <ctype.h>
#include <stdio.h>

int main(int count, char** words) {
  for (int i = 1; i < count; i++) printf("%s\n", words[i]);
  for (int byte = getchar(); byte != EOF; byte = getchar()) putchar(toupper(byte));
  return 0;
}
