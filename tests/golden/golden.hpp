#pragma once
// Helpers for tests that compare output with the vectors: cases of a file, and deviations with what
// we do instead. An entry of deviations.json that its test does not use fails the test, so the list
// cannot go stale.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "tests/golden/vectors.hpp"

namespace samara::golden {

using Json = nlohmann::json;

/// The cases of vectors/<name>.json, whatever its main array is called.
inline Json cases_of(const std::string& name) {
  Json file = read_vectors(name);
  for (const char* key : {"cases", "vectors", "types", "relations"}) {
    if (file.contains(key)) return file[key];
  }
  ADD_FAILURE() << name << " has no cases";
  return Json::array();
}

/// The deviations of one test, with what we do instead. Cases without an id are named by their
/// index.
class Deviations {
 public:
  explicit Deviations(const std::string& test) {
    std::ifstream file(SAMARA_TEST_DATA "/golden/deviations.json");
    Json all = Json::parse(file, nullptr, false);
    EXPECT_FALSE(all.is_discarded());
    for (const Json& entry : all) {
      if (entry["test"] != test) continue;
      EXPECT_FALSE(entry["reason"].get<std::string>().empty());
      entries_[entry["id"].get<std::string>()] = entry["expected"];
    }
  }
  ~Deviations() {
    for (const auto& [id, expected] : entries_) {
      EXPECT_EQ(used_.count(id), 1U) << "deviation of case " << id << " is not used";
    }
  }
  Deviations(const Deviations&) = delete;
  Deviations& operator=(const Deviations&) = delete;

  /// What we do instead in this case, or nothing when we do what the vector says.
  std::optional<Json> find(const std::string& id) {
    auto at = entries_.find(id);
    if (at == entries_.end()) return std::nullopt;
    used_.insert(id);
    return at->second;
  }

 private:
  std::map<std::string, Json> entries_;
  std::set<std::string> used_;
};

inline std::string case_name(const Json& vector, size_t index) {
  return vector.contains("id") ? vector["id"].get<std::string>() : std::to_string(index);
}

}  // namespace samara::golden
