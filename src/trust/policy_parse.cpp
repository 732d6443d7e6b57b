#include <algorithm>

#include "trust/policy.hpp"
#include "trust/words.hpp"
#include "value/json_cursor.hpp"
#include "value/text_error.hpp"

namespace samara::trust {

namespace {

constexpr std::string_view k_format = "samara policy";
constexpr size_t k_name_bytes_max = 200;

Error at_place(Code code, std::string_view text, size_t offset, std::string_view what) {
  TextError place;
  locate(place, text, offset);
  return Error(code, k_domain_offset, static_cast<uint32_t>(offset),
               "line " + std::to_string(place.line) + ", column " + std::to_string(place.column) +
                   ": " + std::string(what));
}

// Walks a document whose syntax is checked. Whatever is not expected is refused: in a policy a
// member that nobody understands is a rule that nobody keeps.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), cursor_(text) {}

  Result<void> scan() {
    JsonSyntaxError error;
    if (cursor_.scan(error)) return {};
    return at_place(Code::corrupt, text_, error.offset, error.reason);
  }

  size_t here() {
    cursor_.peek();
    return cursor_.place().offset;
  }
  Error wrong(size_t offset, std::string_view what) const {
    return at_place(Code::corrupt, text_, offset, what);
  }

  Result<std::string> string(std::string_view what) {
    const size_t start = here();
    if (cursor_.peek() != '"') return wrong(start, std::string(what) + " is a text in quotes");
    std::string scratch;
    std::string_view text;
    if (!cursor_.string(text, scratch)) return wrong(start, "an escape names half a character");
    return std::string(text);
  }

  Result<uint64_t> number(std::string_view what, uint64_t most) {
    const size_t start = here();
    const char c = cursor_.peek();
    uint64_t out = 0;
    std::string_view digits = c >= '0' && c <= '9' ? cursor_.number() : std::string_view();
    bool whole = !digits.empty();
    for (char digit : digits) {
      const auto value = static_cast<uint64_t>(digit - '0');
      whole = whole && digit >= '0' && digit <= '9' && out <= (UINT64_MAX - value) / 10;
      if (whole) out = out * 10 + value;
    }
    if (!whole || out > most) {
      return wrong(start,
                   std::string(what) + " is a whole number from 0 to " + std::to_string(most));
    }
    return out;
  }

  Result<bool> boolean(std::string_view what) {
    const size_t start = here();
    const char c = cursor_.peek();
    if (c == 't' && cursor_.literal("true")) return true;
    if (c == 'f' && cursor_.literal("false")) return false;
    return wrong(start, std::string(what) + " is true or false");
  }

  /// `member(name, offset)` reads the value of each member.
  template <typename Member>
  Result<void> object(std::string_view what, const Member& member) {
    if (cursor_.peek() != '{') return wrong(here(), std::string(what) + " is an object in {}");
    cursor_.open();
    std::vector<std::string> seen;
    for (bool first = true; cursor_.more(first); first = false) {
      const size_t offset = here();
      std::string scratch;
      std::string_view name;
      if (!cursor_.name(name, scratch)) return wrong(offset, "an escape names half a character");
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
        return wrong(offset, "'" + std::string(name) + "' stands here twice");
      }
      seen.emplace_back(name);
      SAMARA_CHECK(member(seen.back(), offset));
    }
    return {};
  }

  /// `item(offset)` reads each.
  template <typename Item>
  Result<void> list(std::string_view what, size_t most, const Item& item) {
    if (cursor_.peek() != '[') return wrong(here(), std::string(what) + " is a list in []");
    cursor_.open();
    size_t count = 0;
    for (bool first = true; cursor_.more(first); first = false) {
      const size_t offset = here();
      if (++count > most) {
        return at_place(Code::exhausted, text_, offset,
                        std::string(what) + " has at most " + std::to_string(most) + " entries");
      }
      SAMARA_CHECK(item(offset));
    }
    return {};
  }

  /// A list of words as a mask.
  Result<uint64_t> words(std::string_view what, Words which) {
    uint64_t out = 0;
    auto read = list(what, 64, [&](size_t offset) -> Result<void> {
      SAMARA_TRY(std::string word, string(kind_of(which)));
      auto mask = mask_of(which, word);
      if (!mask) return wrong(offset, mask.error().message());
      out |= *mask;
      return {};
    });
    if (!read) return std::move(read).error();
    return out;
  }

  /// Hex digits of exactly this many bytes.
  Result<Bytes> hex(std::string_view what, size_t size) {
    const size_t start = here();
    SAMARA_TRY(std::string text, string(what));
    auto bytes = from_hex(text);
    if (!bytes || bytes->size() != size) {
      return wrong(start, std::string(what) + " has " + std::to_string(2 * size) + " hex digits");
    }
    return bytes;
  }

 private:
  std::string_view text_;
  JsonCursor cursor_;
};

class PolicyReader {
 public:
  explicit PolicyReader(std::string_view text) : reader_(text) {}

  Result<Policy> read() {
    SAMARA_CHECK(reader_.scan());
    const size_t start = reader_.here();
    bool is_ours = false;
    SAMARA_CHECK(
        reader_.object("a policy", [&](const std::string& name, size_t offset) -> Result<void> {
          if (name != "format") return member(name, offset);
          const size_t at = reader_.here();
          SAMARA_TRY(std::string format, reader_.string("'format'"));
          is_ours = format == k_format;
          if (!is_ours) return reader_.wrong(at, k_no_policy);
          return {};
        }));
    if (!is_ours) return reader_.wrong(start, k_no_policy);
    if (!has_number_) return reader_.wrong(start, "it has no 'number'");
    SAMARA_CHECK(check(start));
    return std::move(policy_);
  }

 private:
  static constexpr std::string_view k_no_policy = "it does not say \"format\": \"samara policy\"";

  Result<void> member(const std::string& name, size_t offset) {
    if (name == "number") {
      SAMARA_TRY(policy_.number, reader_.number("'number'", INT64_MAX));
      has_number_ = true;
      return {};
    }
    if (name == "require_signatures") {
      SAMARA_TRY(policy_.require_signatures, reader_.boolean("'require_signatures'"));
      return {};
    }
    if (name == "signatures") {
      SAMARA_TRY(uint64_t count, reader_.number("'signatures'", image::k_signatures_max));
      policy_.signatures = static_cast<uint32_t>(count);
      return {};
    }
    if (name == "roles") {
      SAMARA_TRY(uint64_t mask, reader_.words("'roles'", Words::roles));
      policy_.roles = static_cast<uint32_t>(mask);
      return {};
    }
    if (name == "unsigned_capabilities") {
      SAMARA_TRY(policy_.unsigned_capabilities,
                 reader_.words("'unsigned_capabilities'", Words::capabilities));
      return {};
    }
    if (name == "keys") {
      return reader_.list("'keys'", k_keys_max, [&](size_t at) { return key(at); });
    }
    if (name == "revoked_keys") {
      return reader_.list("'revoked_keys'", k_revoked_max, [&](size_t) -> Result<void> {
        SAMARA_TRY(Bytes bytes, reader_.hex("the id of a key", sizeof(image::KeyId)));
        image::KeyId id{};
        std::copy(bytes.begin(), bytes.end(), id.begin());
        policy_.revoked_keys.push_back(id);
        return {};
      });
    }
    if (name == "revoked_tasks") {
      return reader_.list("'revoked_tasks'", k_revoked_max, [&](size_t) -> Result<void> {
        SAMARA_TRY(Bytes bytes, reader_.hex("the id of a task", 32));
        SAMARA_TRY(Hash id, Hash::from_bytes(bytes));
        policy_.revoked_tasks.push_back(id);
        return {};
      });
    }
    if (name == "quarantine") return quarantine();
    return reader_.wrong(offset, "a policy has no member '" + name + "'");
  }

  Result<void> quarantine() {
    return reader_.object(
        "'quarantine'", [&](const std::string& name, size_t offset) -> Result<void> {
          if (name == "after") {
            SAMARA_TRY(uint64_t after, reader_.number("'after'", 1000));
            policy_.quarantine_after = static_cast<uint32_t>(after);
            return {};
          }
          if (name == "timeouts") {
            SAMARA_TRY(policy_.quarantine_timeouts, reader_.boolean("'timeouts'"));
            return {};
          }
          return reader_.wrong(offset, "'quarantine' has no member '" + name + "'");
        });
  }

  Result<void> key(size_t start) {
    PolicyKey key;
    bool has_key = false;
    std::optional<Bytes> id;
    size_t id_at = start;
    SAMARA_CHECK(reader_.object("a key", [&](const std::string& name, size_t at) -> Result<void> {
      if (name == "key") {
        SAMARA_TRY(Bytes bytes, reader_.hex("a public key", sizeof(image::PublicKey)));
        std::copy(bytes.begin(), bytes.end(), key.rights.key.begin());
        has_key = true;
        return {};
      }
      if (name == "id") {
        id_at = reader_.here();
        SAMARA_TRY(id, reader_.hex("the id of a key", sizeof(image::KeyId)));
        return {};
      }
      return key_member(key, name, at);
    }));
    if (!has_key) return reader_.wrong(start, "a key without its 'key', the public one");
    const image::KeyId own = key.id();
    if (id && !std::equal(id->begin(), id->end(), own.begin())) {
      return reader_.wrong(id_at, "this is not the id of the key, which is '" + id_text(own) + "'");
    }
    if (policy_.find(own) != nullptr) {
      return reader_.wrong(start, "the key '" + id_text(own) + "' stands here twice");
    }
    policy_.keys.push_back(std::move(key));
    return {};
  }

  Result<void> key_member(PolicyKey& key, const std::string& name, size_t offset) {
    image::TrustedKey& rights = key.rights;
    const size_t start = reader_.here();
    if (name == "name") {
      SAMARA_TRY(key.name, reader_.string("'name'"));
      if (key.name.size() <= k_name_bytes_max) return {};
      return reader_.wrong(start,
                           "a name has at most " + std::to_string(k_name_bytes_max) + " bytes");
    }
    if (name == "roles") {
      SAMARA_TRY(uint64_t mask, reader_.words("'roles'", Words::roles));
      rights.roles = static_cast<uint32_t>(mask);
      return {};
    }
    if (name == "targets") {
      SAMARA_TRY(uint64_t mask, reader_.words("'targets'", Words::targets));
      rights.targets = static_cast<uint32_t>(mask);
      return {};
    }
    if (name == "capabilities") {
      SAMARA_TRY(rights.capabilities, reader_.words("'capabilities'", Words::capabilities));
      return {};
    }
    if (name == "memory_bytes_max" || name == "deadline_ms_max") {
      SAMARA_TRY(uint64_t most, reader_.number("'" + name + "'", UINT32_MAX));
      (name == "memory_bytes_max" ? rights.memory_max : rights.deadline_ms_max) =
          static_cast<uint32_t>(most);
      return {};
    }
    if (name == "expires") {
      SAMARA_TRY(std::string text, reader_.string("'expires'"));
      auto end = parse_end(text);
      if (!end) return reader_.wrong(start, end.error().message());
      rights.not_after = *end;
      return {};
    }
    if (name == "revoked") {
      SAMARA_TRY(rights.revoked, reader_.boolean("'revoked'"));
      return {};
    }
    return reader_.wrong(offset, "a key has no member '" + name + "'");
  }

  Result<void> check(size_t start) const {
    if (policy_.require_signatures && policy_.signatures == 0) {
      return reader_.wrong(start, "signatures are required, but 'signatures' is 0");
    }
    return {};
  }

  Reader reader_;
  Policy policy_;
  bool has_number_ = false;
};

}  // namespace

Result<Policy> parse_policy(std::string_view text) {
  if (text.size() > k_policy_bytes_max) {
    return Error(Code::exhausted, "a policy has at most 1 MiB");
  }
  return PolicyReader(text).read();
}

}  // namespace samara::trust
