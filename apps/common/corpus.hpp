#pragma once
// Reading test corpora: files, gzip, manifests. For the judging tools only.

#include <nlohmann/json.hpp>
#include <string>

#include "core/bytes.hpp"

namespace samara::apps {

/// A whole file; gunzipped when its name ends in `.gz`. Errors: not_found, io, corrupt.
Result<Bytes> read_corpus_file(const std::string& path);
/// The file, or the one with `.gz` behind its name.
Result<Bytes> read_corpus_file_or_gz(const std::string& path);
Result<nlohmann::json> read_manifest(const std::string& path);

/// Seconds since some moment; monotonic.
double now_seconds();

}  // namespace samara::apps
