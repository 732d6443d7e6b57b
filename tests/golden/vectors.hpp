#pragma once
// The vectors in tests/golden/vectors/: facts about the formats, taken from the reference
// implementations. Where ours must differ, deviations.json says so with the reason.

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace samara::golden {

/// The whole document vectors/<name>.json. Escaped lone surrogates, which no UTF-8 text can hold,
/// are read as the six characters of the escape.
nlohmann::json read_json(const std::string& path);
inline nlohmann::json read_vectors(const std::string& name) {
  return read_json(SAMARA_TEST_DATA "/golden/vectors/" + name + ".json");
}

/// The ids of the cases of `test` in deviations.json. A test checks that each of them does deviate.
std::set<std::string> deviations_of(const nlohmann::json& entries, std::string_view test);
inline std::set<std::string> deviations(std::string_view test) {
  return deviations_of(read_json(SAMARA_TEST_DATA "/golden/deviations.json"), test);
}

Bytes unhex(const nlohmann::json& text);

}  // namespace samara::golden
