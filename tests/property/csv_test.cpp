// CSV: rows that are written read back as the same rows, whatever the separators, and no bytes harm
// the reader.

#include <gtest/gtest.h>

#include "tests/property/value_generator.hpp"
#include "value/compare.hpp"
#include "value/csv.hpp"
#include "value/json.hpp"

namespace samara {
namespace {

using property::ValueGenerator;

constexpr uint64_t k_rounds = 10'000;

const Type* row_type(ValueGenerator& random, TypeTable& types) {
  std::vector<std::string> names;
  for (uint64_t i = 1 + random.below(5); i > 0; i--) {
    names.push_back(random.name() + std::to_string(i));
  }
  std::vector<NamedType> fields;
  for (const std::string& name : names) {
    const Type* cell = random.scalar_type();
    fields.push_back({name, random.chance(3) ? types.option(cell) : cell});
  }
  return types.structure(fields);
}

TEST(CsvProperty, written_rows_read_back) {
  for (uint64_t i = 0; i < k_rounds; i++) {
    uint64_t seed = property::base_seed() + i;
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed));
    TypeTable types;
    Heap heap;
    ValueGenerator random(seed, types, heap);
    const Type* row = row_type(random, types);
    const Type* rows_type = types.array(row);
    Slot rows = random.value(rows_type);

    // A null text that no other cell has makes the format reversible; plain Null cells then read
    // `null`, which a separator must not be part of.
    CsvEncodeOptions out;
    CsvDecodeOptions in;
    out.null_string = "?none?";
    in.null_strings = {"?none?"};
    in.skip_empty_lines = false;
    constexpr char k_delimiters[] = {',', ';', '\t', '|', '.'};
    constexpr char k_quotes[] = {'"', '\'', '$'};
    char delimiter = k_delimiters[random.below(5)];
    char quote = k_quotes[random.below(3)];
    out.delimiter = delimiter;
    out.quote = quote;
    // The escape is the quote itself: with another one, a text that ends in it cannot be told
    // apart.
    out.escape = quote;
    in.delimiter = delimiter;
    in.quote = quote;
    in.escape = quote;
    out.newline = random.chance(2) ? "\n" : "\r\n";
    // Without quotes an empty last line is no row of one empty cell.
    out.always_quote = row->arity() == 1 || random.chance(2);

    bool has_null = false;
    for (uint32_t f = 0; f < row->arity(); f++)
      has_null = has_null || row->child(f)->is(Kind::null);
    auto csv = encode_csv(rows_type, rows, out);
    ASSERT_TRUE(csv) << csv.error().message();
    auto back = decode_csv(rows_type, as_bytes(*csv), in, heap);
    if (has_null && as<ArrayObject>(rows)->size > 0) {
      // A required Null is written as the null text, which is refused as a missing value.
      EXPECT_FALSE(back);
      continue;
    }
    ASSERT_TRUE(back) << back.error().message() << "\n" << *csv;
    // An absent cell of an Option of Null and a present one differ only by the text.
    EXPECT_EQ(as<ArrayObject>(*back)->size, as<ArrayObject>(rows)->size) << *csv;
    bool null_option = false;
    for (uint32_t f = 0; f < row->arity(); f++) {
      const Type* field = row->child(f);
      null_option = null_option || (field->is(Kind::variant) && field->child(1)->is(Kind::null));
    }
    if (null_option) continue;
    EXPECT_TRUE(equal(rows_type, rows, *back)) << *csv << "\n"
                                               << *print_json(rows_type, rows) << "\n"
                                               << *print_json(rows_type, *back);
    auto guess = infer_csv_type(as_bytes(*csv), {.decode = in}, types);
    ASSERT_TRUE(guess) << guess.error().message();
    EXPECT_TRUE(decode_csv(*guess, as_bytes(*csv), in, heap));
  }
}

TEST(CsvProperty, any_bytes_are_refused_or_read_but_never_harmful) {
  static const std::string k_pieces[] = {
      "a", "b",  ",",  "\"", "\"\"", "\n",           "\r",   "\r\n",      "1",
      "-", "e5", ".5", " ",  "\xFF", "\xEF\xBB\xBF", "true", "2024-01-02"};
  for (uint64_t i = 0; i < k_rounds; i++) {
    uint64_t seed = property::base_seed() + i;
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed));
    TypeTable types;
    Heap heap;
    ValueGenerator random(seed, types, heap);
    std::string csv;
    for (uint64_t n = random.below(40); n > 0; n--) csv += k_pieces[random.below(17)];
    auto guess = infer_csv_type(as_bytes(csv), {}, types);
    if (!guess) continue;
    auto rows = decode_csv(*guess, as_bytes(csv), {}, heap);
    ASSERT_TRUE(rows) << rows.error().message() << "\n" << csv;
    EXPECT_TRUE(encode_csv(*guess, *rows, {}));
    (void)decode_csv(row_type(random, types), as_bytes(csv), {}, heap).has_value();
  }
}

}  // namespace
}  // namespace samara
