// Platform functions of cli_budget_test.py: they write down when they run, and take memory.

#include <fcntl.h>
#include <samara/samara.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

namespace {

constexpr size_t k_mebibyte = size_t{1} << 20;

int32_t give(samara_view value, samara_bytes* out) {
  out->data = samara_alloc(value.size);
  if (out->data == nullptr) return 1;
  std::memcpy(out->data, value.data, value.size);
  out->size = value.size;
  return 0;
}

// One line in the file BUDGET_NOTES, in one write.
void note(const char* what, const char* name) {
  const char* path = std::getenv("BUDGET_NOTES");
  const int file = path == nullptr ? -1 : ::open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (file < 0) return;
  char line[64];
  const int size =
      std::snprintf(line, sizeof line, "%s %s %d\n", what, name, static_cast<int>(::getpid()));
  static_cast<void>(!::write(file, line, static_cast<size_t>(size)));
  ::close(file);
}

void sleep_ms(long ms) {
  timespec time{ms / 1000, ms % 1000 * 1'000'000};
  ::nanosleep(&time, nullptr);
}

// A file in the folder of the notes tells that something has happened.
bool exists(const char* name) {
  const char* notes = std::getenv("BUDGET_NOTES");
  const std::string path = std::string(notes == nullptr ? "" : notes) + name;
  return ::access(path.c_str(), F_OK) == 0;
}

void make(const char* name) {
  const char* notes = std::getenv("BUDGET_NOTES");
  const std::string path = std::string(notes == nullptr ? "" : notes) + name;
  ::close(::open(path.c_str(), O_WRONLY | O_CREAT, 0666));
}

// Takes memory as it would be filled with data, and holds it for a while.
int take(size_t bytes, long hold_ms) {
  std::vector<char> much;
  much.reserve(bytes);
  while (much.size() < bytes) {
    much.insert(much.end(), k_mebibyte, 1);
    if (much.size() % (k_mebibyte * 16) == 0) sleep_ms(2);
  }
  sleep_ms(hold_ms);
  return much[much.size() / 2];
}

int32_t work(void*, const samara_view* arguments, size_t, samara_bytes* result, samara_bytes*) {
  note("begin", "work");
  sleep_ms(200);
  note("end", "work");
  return give(arguments[0], result);
}

int32_t hold(void*, const samara_view* arguments, size_t, samara_bytes* result, samara_bytes*) {
  note("begin", "hold");
  if (take(k_mebibyte * 300, 300) == 0) return 1;
  note("end", "hold");
  return give(arguments[0], result);
}

// The text behind magic, type and length begins so.
bool begins_with(samara_view value, char first) {
  constexpr size_t k_head = 10;
  return value.size > k_head && value.data[k_head] == static_cast<uint8_t>(first);
}

// The first time it takes 400 MiB and waits for its end; later it is modest.
int32_t hog_once(void*, const samara_view* arguments, size_t, samara_bytes* result, samara_bytes*) {
  if (begins_with(arguments[0], 'q')) return give(arguments[0], result);  // quick
  note("begin", "hog");
  if (!exists("-hogged")) {
    make("-hogged");
    if (take(k_mebibyte * 400, 60'000) == 0) return 1;
  }
  note("end", "hog");
  return give(arguments[0], result);
}

int32_t hog(void*, const samara_view* arguments, size_t, samara_bytes* result, samara_bytes*) {
  note("begin", "hog");
  if (take(k_mebibyte * 400, 60'000) == 0) return 1;
  return give(arguments[0], result);
}

// Runs until a small call has run beside it.
int32_t wait_for_small(void*, const samara_view* arguments, size_t, samara_bytes* result,
                       samara_bytes*) {
  note("begin", "wait");
  while (!exists("-small")) sleep_ms(10);
  note("end", "wait");
  return give(arguments[0], result);
}

int32_t small(void*, const samara_view* arguments, size_t, samara_bytes* result, samara_bytes*) {
  make("-small");
  return give(arguments[0], result);
}

const char* const k_inputs[] = {".String"};

constexpr samara_platform_function function(const char* name, samara_platform_call call,
                                            int32_t effect = SAMARA_PURE) {
  return {
      sizeof(samara_platform_function), name, k_inputs, 1, ".String", effect, "1", call, nullptr};
}

const samara_platform_function k_functions[] = {
    function("work", work), function("hold", hold),           function("hog_once", hog_once),
    function("hog", hog),   function("wait", wait_for_small), function("small", small),
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const samara_platform_function*
samara_platform_functions(size_t* count) {
  *count = sizeof k_functions / sizeof k_functions[0];
  return k_functions;
}
