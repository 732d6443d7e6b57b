#pragma once
// FormatFile: REPO/samara.json, which says what generation of the directory format a repository
// has. It must be readable by every program of the future and the past, so it is a small JSON
// object whose unknown members are skipped. Threads: pure functions. Specified by:
// docs/formats/repository.md, "samara.json".

#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace samara::store {

/// The generation this program writes, and the newest it reads.
inline constexpr uint32_t k_generation = 1;
inline constexpr size_t k_format_file_bytes_max = 64 * 1024;

struct FormatFile {
  uint32_t generation = k_generation;
  std::vector<std::string> upgrades;  // applied to this directory, oldest first
  bool operator==(const FormatFile&) const = default;
};

std::string print_format(const FormatFile& format);
/// Errors: corrupt, with detail = byte offset. The generation is not judged here.
Result<FormatFile> parse_format(std::string_view text);

}  // namespace samara::store
