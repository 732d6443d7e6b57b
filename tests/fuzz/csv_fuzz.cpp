// CSV with separators chosen by the input. The guessed type reads the file, and rows are written.

#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "value/csv.hpp"
#include "value/text_type.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace samara;
  if (size < 2) return 0;
  static TypeTable fixed_types;
  static const Type* const row =
      type_from_text(fixed_types,
                     ".Struct [(name=\"a\", type=.Integer), (name=\"b\", type=.Variant "
                     "[(name=\"none\", type=.Null), (name=\"some\", type=.Float)]), (name=\"c\", "
                     "type=.DateTime), (name=\"d\", type=.Blob), (name=\"e\", type=.Boolean)]")
          .type;
  Heap heap({.limit_bytes = size_t{64} << 20});
  ByteView file(data + 2, size - 2);
  CsvDecodeOptions options;
  options.has_header = (data[0] & 1) != 0;
  options.skip_empty_lines = (data[0] & 2) != 0;
  options.trim_fields = (data[0] & 4) != 0;
  options.strict = (data[0] & 8) != 0;
  if ((data[0] & 16) != 0) options.null_strings = {"NA", "null"};
  if ((data[0] & 32) != 0) options.escape = '\\';
  if ((data[0] & 64) != 0) options.quote = CsvDecodeOptions::k_no_character;
  constexpr char k_delimiters[] = {',', ';', '\n', '"'};
  options.delimiter = k_delimiters[data[1] & 3];

  (void)decode_csv(row, file, options, heap).has_value();

  if ((data[1] & 4) != 0) return 0;
  TypeTable types;
  auto guess = infer_csv_type(file, {.decode = options}, types);
  if (!guess) return 0;
  auto rows = decode_csv(*guess, file, options, heap);
  if (!rows) return 0;
  auto written = encode_csv(*guess, *rows, {});
  SAMARA_ASSERT(written.has_value());
  // What we write ourselves has the same number of rows.
  CsvDecodeOptions plain;
  plain.skip_empty_lines = false;
  plain.null_strings = {};
  auto again = infer_csv_type(as_bytes(*written), {.decode = plain}, types);
  SAMARA_ASSERT(again.has_value());
  return 0;
}
