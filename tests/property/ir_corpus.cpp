#include "tests/property/ir_corpus.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace samara::corpus {

namespace {

Bytes output_of(const std::string& command) {
  Bytes out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  uint8_t buffer[1 << 16];
  for (size_t got = fread(buffer, 1, sizeof buffer, pipe); got > 0;
       got = fread(buffer, 1, sizeof buffer, pipe)) {
    out.insert(out.end(), buffer, buffer + got);
  }
  if (pclose(pipe) != 0) out.clear();
  return out;
}

}  // namespace

Bytes read(const std::string& path) {
  bool packed = path.ends_with(".gz");
  return output_of((packed ? "gzip -dc '" : "cat '") + path + "'");
}

Files random_programs(const std::string& folder) {
  Files out;
  Bytes tar = output_of("zstd -q --long=27 -dc '" + folder + "/random-programs.tar.zst'");
  constexpr size_t block = 512;
  for (size_t at = 0; at + block <= tar.size();) {
    std::string name(reinterpret_cast<const char*>(&tar[at]));
    std::string size_text(reinterpret_cast<const char*>(&tar[at + 124]), 11);
    size_t size = std::strtoul(size_text.c_str(), nullptr, 8);
    size_t base = name.rfind('/');
    if (base != name.npos && std::string_view(name).substr(base + 1).starts_with("ir.") &&
        at + block + size <= tar.size()) {
      size_t parent = name.rfind('/', base - 1);
      auto data = tar.begin() + static_cast<ptrdiff_t>(at + block);
      out[name.substr(parent + 1)] = Bytes(data, data + static_cast<ptrdiff_t>(size));
    }
    at += block + (size + block - 1) / block * block;
  }
  return out;
}

}  // namespace samara::corpus
