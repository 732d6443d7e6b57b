#include "trust/words.hpp"

#include "image/container.hpp"

namespace samara::trust {

namespace {

constexpr uint64_t bit(image::Role role) { return uint64_t{1} << static_cast<uint16_t>(role); }

constexpr Word k_roles[] = {
    {"author", bit(image::Role::author)},
    {"reviewer", bit(image::Role::reviewer)},
    {"operator", bit(image::Role::operator_)},
};

constexpr Word k_capabilities[] = {
    {"log", image::k_capability_log},
    {"telemetry", image::k_capability_telemetry},
    {"call", image::k_capability_call},
    {"storage_read", image::k_capability_storage_read},
    {"storage_write", image::k_capability_storage_write},
    {"random", image::k_capability_random},
    {"clock", image::k_capability_clock},
};

}  // namespace

std::string_view kind_of(Words words) {
  switch (words) {
    case Words::roles:
      return "role";
    case Words::capabilities:
      return "capability";
    case Words::targets:
      return "target";
  }
  SAMARA_ASSERT(!"unknown list of words");
}

std::vector<Word> all(Words words) {
  switch (words) {
    case Words::roles:
      return {std::begin(k_roles), std::end(k_roles)};
    case Words::capabilities:
      return {std::begin(k_capabilities), std::end(k_capabilities)};
    case Words::targets: {
      std::vector<Word> out;
      for (const image::Target& target : image::targets()) {
        out.push_back({target.triple, image::target_bit(target)});
      }
      return out;
    }
  }
  SAMARA_ASSERT(!"unknown list of words");
}

Result<uint64_t> mask_of(Words words, std::string_view word) {
  std::string known;
  for (const Word& one : all(words)) {
    if (one.text == word) return one.bit;
    known += (known.empty() ? "" : ", ") + std::string(one.text);
  }
  return Error(Code::invalid_argument, "unknown " + std::string(kind_of(words)) + " '" +
                                           std::string(word) + "', there are " + known);
}

std::vector<std::string> words_of(Words words, uint64_t mask) {
  std::vector<std::string> out;
  for (const Word& one : all(words)) {
    if ((mask & one.bit) != 0) out.emplace_back(one.text);
  }
  return out;
}

}  // namespace samara::trust
