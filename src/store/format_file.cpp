#include "store/format_file.hpp"

namespace samara::store {

namespace {

constexpr unsigned k_depth_max = 32;

void print_string(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

// Just enough JSON: strings, numbers, and skipping over everything else.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Error broken(std::string_view why) const {
    return Error(Code::corrupt, k_domain_offset, static_cast<uint32_t>(at_), why);
  }
  bool ended() {
    skip_space();
    return at_ == text_.size();
  }
  bool take(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    at_++;
    return true;
  }
  Result<void> expect(char wanted) {
    if (take(wanted)) return {};
    return broken(std::string("expected '") + wanted + "'");
  }

  Result<std::string> string() {
    SAMARA_CHECK(expect('"'));
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<uint8_t>(text_[at_]) < 0x20) return broken("control character in a string");
      if (text_[at_] == '\\') {
        at_++;
        if (at_ >= text_.size()) break;
        // Names that this format gives meaning to need no other escape than \" and \\.
        if (text_[at_] != '"' && text_[at_] != '\\') out += '\\';
      }
      out += text_[at_++];
    }
    SAMARA_CHECK(expect('"'));
    return out;
  }

  Result<uint32_t> number() {
    skip_space();
    uint64_t value = 0;
    const size_t start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && value <= UINT32_MAX) {
      value = value * 10 + static_cast<uint64_t>(text_[at_++] - '0');
    }
    if (at_ == start) return broken("expected a whole number");
    if (value > UINT32_MAX) return broken("the number is too large");
    return static_cast<uint32_t>(value);
  }

  Result<std::vector<std::string>> strings() {
    std::vector<std::string> out;
    SAMARA_CHECK(expect('['));
    if (take(']')) return out;
    do {
      SAMARA_TRY(std::string item, string());
      out.push_back(std::move(item));
    } while (take(','));
    SAMARA_CHECK(expect(']'));
    return out;
  }

  Result<void> skip_value(unsigned depth) {
    if (depth > k_depth_max) return broken("nested too deep");
    if (take('{')) {
      if (take('}')) return {};
      do {
        SAMARA_CHECK(string());
        SAMARA_CHECK(expect(':'));
        SAMARA_CHECK(skip_value(depth + 1));
      } while (take(','));
      return expect('}');
    }
    if (take('[')) {
      if (take(']')) return {};
      do {
        SAMARA_CHECK(skip_value(depth + 1));
      } while (take(','));
      return expect(']');
    }
    skip_space();
    if (at_ < text_.size() && text_[at_] == '"') {
      SAMARA_CHECK(string());
      return {};
    }
    const size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) {
      at_++;
    }
    if (at_ == start) return broken("expected a value");
    return {};
  }

 private:
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      at_++;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::string print_format(const FormatFile& format) {
  std::string out = "{\"format\": \"samara repository\", \"generation\": ";
  out += std::to_string(format.generation);
  out += ", \"upgrades\": [";
  for (size_t i = 0; i < format.upgrades.size(); i++) {
    if (i > 0) out += ", ";
    print_string(out, format.upgrades[i]);
  }
  out += "]}\n";
  return out;
}

Result<FormatFile> parse_format(std::string_view text) {
  Reader reader(text);
  FormatFile out;
  bool is_ours = false;
  bool has_generation = false;
  SAMARA_CHECK(reader.expect('{'));
  do {
    SAMARA_TRY(std::string name, reader.string());
    SAMARA_CHECK(reader.expect(':'));
    if (name == "format") {
      SAMARA_TRY(std::string format, reader.string());
      is_ours = format == "samara repository";
    } else if (name == "generation") {
      SAMARA_TRY(out.generation, reader.number());
      has_generation = true;
    } else if (name == "upgrades") {
      SAMARA_TRY(out.upgrades, reader.strings());
    } else {
      SAMARA_CHECK(reader.skip_value(0));
    }
  } while (reader.take(','));
  SAMARA_CHECK(reader.expect('}'));
  if (!reader.ended()) return reader.broken("text behind the end");
  if (!is_ours) return reader.broken("it does not say \"format\": \"samara repository\"");
  if (!has_generation || out.generation == 0) return reader.broken("it names no generation");
  return out;
}

}  // namespace samara::store
