#include "tests/golden/vectors.hpp"

#include <fstream>
#include <iterator>

namespace samara::golden {

namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  SAMARA_ASSERT(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_surrogate_escape(const std::string& text, size_t at, char low, char high) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return false;
  if ((text[at + 2] | 0x20) != 'd') return false;
  char digit = static_cast<char>(text[at + 3] | 0x20);
  return digit >= low && digit <= high;
}

// "\ud83d" without its other half becomes "\\ud83d".
std::string keep_lone_surrogates(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (is_surrogate_escape(text, i, '8', 'b') && is_surrogate_escape(text, i + 6, 'c', 'f')) {
      out += text.substr(i, 12);
      i += 11;
    } else if (is_surrogate_escape(text, i, '8', 'f')) {
      out += "\\\\";
    } else {
      out += text.substr(i, 2);
      i++;
    }
  }
  return out;
}

}  // namespace

nlohmann::json read_json(const std::string& path) {
  auto document = nlohmann::json::parse(keep_lone_surrogates(read_text(path)), nullptr, false);
  SAMARA_ASSERT(!document.is_discarded());
  return document;
}

std::set<std::string> deviations_of(const nlohmann::json& entries, std::string_view test) {
  std::set<std::string> ids;
  for (const auto& entry : entries) {
    if (entry["test"].get<std::string>() == test) ids.insert(entry["id"].get<std::string>());
  }
  return ids;
}

Bytes unhex(const nlohmann::json& text) {
  auto bytes = from_hex(text.get<std::string>());
  SAMARA_ASSERT(bytes.has_value());
  return std::move(*bytes);
}

}  // namespace samara::golden
