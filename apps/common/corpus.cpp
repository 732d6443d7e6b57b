#include "apps/common/corpus.hpp"

#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace samara::apps {

Result<Bytes> read_corpus_file(const std::string& path) {
  // gzread passes files through that are not compressed.
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr)
    return Error(Code::not_found, "cannot open '" + path + "': " + std::strerror(errno));
  gzbuffer(file, 1 << 18);
  Bytes out;
  size_t used = 0;
  while (true) {
    if (out.size() - used < (1 << 16))
      out.resize(out.size() < (1 << 17) ? (1 << 18) : out.size() * 2);
    int got = gzread(file, out.data() + used,
                     static_cast<unsigned>(std::min<size_t>(out.size() - used, 1U << 30)));
    if (got < 0) {
      gzclose(file);
      return Error(Code::corrupt, "cannot read '" + path + "': damaged gzip data");
    }
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  gzclose(file);
  out.resize(used);
  return out;
}

Result<Bytes> read_corpus_file_or_gz(const std::string& path) {
  auto plain = read_corpus_file(path);
  if (plain) return plain;
  return read_corpus_file(path + ".gz");
}

Result<nlohmann::json> read_manifest(const std::string& path) {
  SAMARA_TRY(Bytes bytes, read_corpus_file(path));
  auto json = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (json.is_discarded()) return Error(Code::corrupt, "'" + path + "' is not valid JSON");
  return json;
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace samara::apps
