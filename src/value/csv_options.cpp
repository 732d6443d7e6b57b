#include <optional>

#include "value/csv.hpp"
#include "value/csv_cell.hpp"
#include "value/sorted.hpp"

namespace samara {

namespace {

// The options of the builtins: a Struct of Options, fields found by name.
class Config {
 public:
  Config(const Type* type, Slot value) : type_(type), value_(value) {}

  void text(std::string_view name, std::string& out) const {
    if (auto slot = get(name)) {
      if (slot->type->is(Kind::string)) out = text_of(slot->value);
    }
  }
  void flag(std::string_view name, bool& out) const {
    if (auto slot = get(name)) {
      if (slot->type->is(Kind::boolean)) out = slot->value.boolean();
    }
  }
  // The first character counts, and only an ASCII one can be met in a file.
  void character(std::string_view name, int& out) const {
    auto slot = get(name);
    if (!slot || !slot->type->is(Kind::string)) return;
    std::string_view text = text_of(slot->value);
    bool ascii = !text.empty() && static_cast<uint8_t>(text[0]) < 0x80;
    out = ascii ? static_cast<uint8_t>(text[0]) : CsvDecodeOptions::k_no_character;
  }
  void texts(std::string_view name, std::vector<std::string>& out) const {
    auto slot = get(name);
    if (!slot || !slot->type->is(Kind::array) || !slot->type->element()->is(Kind::string)) return;
    out.clear();
    for (Slot text : as<ArrayObject>(slot->value)->slots()) out.emplace_back(text_of(text));
  }
  void mapping(std::string_view name, std::vector<std::pair<std::string, std::string>>& out) const {
    auto slot = get(name);
    if (!slot || !slot->type->is(Kind::dict) || !slot->type->key()->is(Kind::string) ||
        !slot->type->dict_value()->is(Kind::string)) {
      return;
    }
    out.clear();
    for (SortedCursor at(as<SortedObject>(slot->value)); at.valid(); at.next()) {
      out.emplace_back(text_of(at.key()), text_of(at.value()));
    }
  }

 private:
  struct Typed {
    const Type* type;
    Slot value;
  };
  std::optional<Typed> get(std::string_view name) const {
    if (!type_->is(Kind::struct_)) return std::nullopt;
    int32_t index = type_->index_of(name);
    if (index < 0) return std::nullopt;
    const Type* type = type_->child(static_cast<uint32_t>(index));
    Slot value = field_of(value_, static_cast<uint32_t>(index));
    if (!is_csv_option(type)) return Typed{type, value};
    if (case_of(value) == 0) return std::nullopt;
    return Typed{type->child(1), payload_of(value)};
  }

  const Type* type_;
  Slot value_;
};

}  // namespace

CsvDecodeOptions csv_decode_options(const Type* config_type, Slot value) {
  CsvDecodeOptions options;
  Config config(config_type, value);
  config.character("delimiter", options.delimiter);
  config.character("quoteChar", options.quote);
  config.character("escapeChar", options.escape);
  config.flag("hasHeader", options.has_header);
  config.texts("nullStrings", options.null_strings);
  config.flag("skipEmptyLines", options.skip_empty_lines);
  config.flag("trimFields", options.trim_fields);
  config.mapping("columnMapping", options.column_mapping);
  config.flag("strict", options.strict);
  return options;
}

CsvEncodeOptions csv_encode_options(const Type* config_type, Slot value) {
  CsvEncodeOptions options;
  Config config(config_type, value);
  config.text("delimiter", options.delimiter);
  config.text("quoteChar", options.quote);
  config.text("escapeChar", options.escape);
  config.text("newline", options.newline);
  config.flag("includeHeader", options.include_header);
  config.text("nullString", options.null_string);
  config.flag("alwaysQuote", options.always_quote);
  return options;
}

}  // namespace samara
