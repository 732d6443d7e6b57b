// Runs a fuzz target over saved inputs, without libFuzzer: every file below the folders and files
// named on the command line, in the order of their names. An input which harms ends the process,
// the sanitizer or the assertion says why, and the last line names the input.

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_below(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_regular_file(error)) files.push_back(at->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Reads one input and runs it; false when it cannot be read.
bool replay(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot open input '%s'\n", name.c_str());
    return false;
  }
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::fprintf(stderr, "%s\n", name.c_str());
  // A copy of exact size on the heap, so that reading past the end is seen by the address
  // sanitizer.
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  // The empty input is always tried, so a target without a corpus is still run once.
  LLVMFuzzerTestOneInput(nullptr, 0);
  size_t count = 1;
  for (int index = 1; index < argc; ++index) {
    std::error_code error;
    if (!fs::exists(argv[index], error)) continue;  // no corpus saved yet
    for (const std::string& name : files_below(argv[index])) {
      if (!replay(name)) return 1;
      ++count;
    }
  }
  std::printf("%zu inputs replayed\n", count);
  return 0;
}
