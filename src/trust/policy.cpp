#include "trust/policy.hpp"

#include "value/calendar.hpp"
#include "value/text_datetime.hpp"

namespace samara::trust {

namespace {

constexpr uint64_t k_day_seconds = 86'400;

template <typename Keys>
auto* find_in(Keys& keys, const image::KeyId& id) {
  for (auto& key : keys) {
    if (key.id() == id) return &key;
  }
  return static_cast<decltype(&keys[0])>(nullptr);
}

}  // namespace

PolicyKey* Policy::find(const image::KeyId& id) { return find_in(keys, id); }
const PolicyKey* Policy::find(const image::KeyId& id) const { return find_in(keys, id); }

std::string id_text(const image::KeyId& id) { return to_hex(id); }

Result<image::KeyId> parse_id(std::string_view text) {
  auto bytes = from_hex(text);
  image::KeyId out{};
  if (!bytes || bytes->size() != out.size()) {
    return Error(Code::invalid_argument, "the id of a key has 16 hex digits");
  }
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

Result<uint64_t> parse_end(std::string_view text) {
  const bool day = text.find('T') == std::string_view::npos;
  std::string whole(text);
  if (day) whole += "T23:59:59";
  if (whole.ends_with('Z')) whole.pop_back();
  size_t length = 0;
  int64_t ms = 0;
  if (read_datetime(whole, length, ms) != DateTimeStatus::ok || length != whole.size() || ms < 0 ||
      ms > k_datetime_ms_max) {
    return Error(Code::invalid_argument,
                 "expected a day or a time since 1970, as in 2027-01-31 or 2027-01-31T12:00:00Z");
  }
  return static_cast<uint64_t>(ms) / 1000;
}

std::string end_text(uint64_t seconds) {
  constexpr uint64_t k_seconds_max = static_cast<uint64_t>(k_datetime_ms_max) / 1000;
  SAMARA_ASSERT(seconds <= k_seconds_max);
  std::string out;
  append_datetime(out, static_cast<int64_t>(seconds * 1000));
  const bool day = seconds % k_day_seconds == k_day_seconds - 1;
  out.resize(out.find(day ? 'T' : '.'));
  if (!day) out += 'Z';
  return out;
}

}  // namespace samara::trust
