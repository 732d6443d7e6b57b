#pragma once
// The development corpora beside the source tree: found through SAMARA_SHARED, or as ../shared from
// the root of the tree. Tests skip where they are absent.

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

#include "core/bytes.hpp"

namespace samara::corpus {

/// File name to contents.
using Files = std::map<std::string, Bytes>;

/// The folder of a corpus, or empty where it is absent. `tests` is SAMARA_TEST_DATA.
inline std::string folder(const std::string& name, const std::string& tests) {
  const char* set = std::getenv("SAMARA_SHARED");
  std::string path = (set != nullptr ? std::string(set) : tests + "/../../shared") + "/" + name;
  std::error_code error;
  return std::filesystem::is_directory(path, error) ? path : "";
}
/// A file, unpacked when its name ends in `.gz`.
Bytes read(const std::string& path);
/// The files of random-programs.tar.zst whose name starts with `ir.`: `0001/ir.a.beast2` …
/// Empty where the program zstd is absent.
Files random_programs(const std::string& folder);

}  // namespace samara::corpus
