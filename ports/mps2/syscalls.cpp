// The calls newlib makes to an operating system. There is a console and a heap; there are no files,
// so opening one fails with ENOENT.

#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "ports/mps2/semihosting.hpp"

extern "C" {

extern char samara_heap_start[];
extern char samara_heap_end[];

void* _sbrk(ptrdiff_t increment) {
  static char* next = samara_heap_start;
  if (increment > samara_heap_end - next || increment < samara_heap_start - next) {
    errno = ENOMEM;
    return reinterpret_cast<void*>(-1);
  }
  char* const before = next;
  next += increment;
  return before;
}

int _write(int file, const char* bytes, int count) {
  using samara::mps2::Console;
  if ((file != 1 && file != 2) || count < 0) {
    errno = EBADF;
    return -1;
  }
  const Console stream = file == 1 ? Console::output : Console::diagnostics;
  if (!samara::mps2::console_write(stream, bytes, static_cast<size_t>(count))) {
    errno = EIO;
    return -1;
  }
  return count;
}

int _read(int, char*, int) { return 0; }  // end of file

int _fstat(int, struct stat* status) {
  status->st_mode = S_IFCHR;
  return 0;
}

int _isatty(int file) { return file == 1 || file == 2 ? 1 : 0; }
int _close(int) { return 0; }
off_t _lseek(int, off_t, int) { return 0; }

int _open(const char*, int, int) {
  errno = ENOENT;
  return -1;
}

int _stat(const char*, struct stat*) {
  errno = ENOENT;
  return -1;
}

int mkdir(const char*, mode_t) {
  errno = EROFS;
  return -1;
}

int rmdir(const char*) {
  errno = ENOENT;
  return -1;
}

int _unlink(const char*) {
  errno = ENOENT;
  return -1;
}

char* getcwd(char* buffer, size_t capacity) {
  if (capacity < 2) return nullptr;
  buffer[0] = '/';
  buffer[1] = '\0';
  return buffer;
}

int _getpid() { return 1; }
int _kill(int, int signal) { samara::mps2::exit_with(128 + signal); }
void _exit(int code) { samara::mps2::exit_with(code); }

/// No wall clock: the time since the start of the emulation, in steps of 10 ms.
int _gettimeofday(struct timeval* time, void*) {
  const uint32_t centiseconds = samara::mps2::centiseconds();
  time->tv_sec = static_cast<time_t>(centiseconds / 100);
  time->tv_usec = static_cast<suseconds_t>((centiseconds % 100) * 10'000);
  return 0;
}

clock_t _times(void*) { return static_cast<clock_t>(-1); }

// Called by newlib around the constructors; ours are in the init array alone.
void _init() {}
void _fini() {}
}
