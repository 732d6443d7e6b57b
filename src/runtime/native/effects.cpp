#include "runtime/native/effects.hpp"

#include <algorithm>

#include "core/sha256.hpp"

namespace samara::runtime::native {

namespace {

struct Row {
  uint64_t bit;  // 0: whatever does not say that it is pure
  const char* word;
  const char* effect_name;  // null: not worth an effect
  Effect effect;
  bool offered;
  const char* capability;  // what the caller grants
};

constexpr Row k_rows[] = {
    {image::k_capability_log, "log", nullptr, Effect::pure, true, ""},
    {image::k_capability_telemetry, "telemetry", nullptr, Effect::pure, true, ""},
    {image::k_capability_call, "call", "native.call", Effect::effectful, false, "call"},
    {image::k_capability_storage_read, "storage_read", "native.storage_read", Effect::effectful,
     false, "storage"},
    {image::k_capability_storage_write, "storage_write", "native.storage_write", Effect::effectful,
     false, "storage"},
    {image::k_capability_random, "random", "native.random", Effect::effectful, true, "random"},
    {image::k_capability_clock, "clock", "native.clock", Effect::effectful, true, "time"},
    {0, "undeclared", "native.undeclared", Effect::unknown, true, ""},
};

}  // namespace

std::vector<ReachedEffect> effects_of(const image::Manifest& manifest) {
  std::vector<ReachedEffect> out;
  if (manifest.pure) return out;
  for (const Row& row : k_rows) {
    const bool reached = row.bit == 0 || (manifest.capabilities & row.bit) != 0;
    if (reached && row.effect_name != nullptr) out.push_back({row.effect_name, row.effect});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

Offer offer_of(const ReachedEffect& reached) {
  Offer out;
  out.name = reached.name;
  for (const Row& row : k_rows) {
    if (row.effect_name == nullptr || reached.name != row.effect_name || !row.offered) continue;
    out.offered = true;
    out.effect = row.effect;
    out.capability = row.capability;
    out.implementation = sha256(as_bytes("samara native interface 1.0: " + reached.name));
  }
  return out;
}

uint64_t capabilities_offered() {
  uint64_t out = 0;
  for (const Row& row : k_rows) out |= row.offered ? row.bit : 0;
  return out;
}

Result<uint64_t> capabilities_named(std::string_view words) {
  uint64_t out = 0;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(','));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    uint64_t bit = 0;
    std::string known;
    for (const Row& row : k_rows) {
      if (row.bit == 0) continue;
      if (row.word == word) bit = row.bit;
      known += (known.empty() ? "" : ", ") + std::string(row.word);
    }
    if (bit == 0) {
      return Error(Code::invalid_argument,
                   "there is no capability '" + std::string(word) + "', there are " + known);
    }
    out |= bit;
  }
  return out;
}

std::string capability_names(uint64_t capabilities) {
  std::string out;
  for (const Row& row : k_rows) {
    if ((capabilities & row.bit) == 0) continue;
    out += (out.empty() ? "'" : ", '") + std::string(row.word) + "'";
  }
  return out;
}

}  // namespace samara::runtime::native
