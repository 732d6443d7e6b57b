// The exact bytes and ids of this layer. They name what is in repositories: a difference here is a
// break of the format, never a reason to change the expectation.

#include <gtest/gtest.h>

#include <algorithm>

#include "call/execution_record.hpp"
#include "call/function.hpp"
#include "call/type_name.hpp"
#include "call/unit_text.hpp"
#include "core/sha256.hpp"
#include "value/beast2.hpp"
#include "value/sorted.hpp"

using namespace samara;

namespace {

Hash hash_of_byte(uint8_t byte) {
  Hash out;
  out.bytes.fill(byte);
  return out;
}

FunctionRecord mean(TypeTable& types) {
  FunctionRecord record;
  record.code = hash_of_byte(0xc0);
  record.inputs = {types.array(types.float_()), types.integer()};
  record.output = types.float_();
  record.effects = {{"console_log", Effect::effectful}, {"crypto_hash_sha256", Effect::pure}};
  return record;
}

CallSpec call_of_mean() {
  CallSpec spec;
  spec.function = hash_of_byte(0xf0);
  spec.arguments = {hash_of_byte(0x01), hash_of_byte(0x02)};
  spec.bindings = {{"console_log", hash_of_byte(0xb1)}, {"crypto_hash_sha256", hash_of_byte(0xb2)}};
  return spec;
}

ExecutionRecord attempt(const CallSpec& spec) {
  ExecutionRecord record;
  record.id =
      Uuid::make_v7(1'700'000'000'000, std::array<uint8_t, 10>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  record.attempt = 2;
  record.call = hash_of_byte(0xca);
  record.spec = spec;
  record.owner = {4121, 887766, "5d0c1b1e-0000-4000-8000-000000000000"};
  record.runtime = "east";
  record.place = "in process";
  record.started_ms = 1'700'000'000'000;
  record.decisions = {"not answered from memory: it has never been run before"};
  return record;
}

}  // namespace

TEST(FunctionRecord, bytes_and_id_of_a_function_are_fixed) {
  TypeTable table;
  RecordTypes types(table);
  auto bytes = encode_function(mean(table), types);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->size(), 718U);
  EXPECT_EQ(sha256(*bytes).hex(),
            "ee47025b190c9677d8ed3613538fa76d3e3ccf8c290fe6bd87d972725598dbed");
}

TEST(FunctionRecord, decoding_gives_the_record_back) {
  TypeTable table;
  RecordTypes types(table);
  FunctionRecord record = mean(table);
  auto bytes = encode_function(record, types);
  ASSERT_TRUE(bytes);
  EXPECT_TRUE(is_function_object(*bytes, types));
  auto decoded = decode_function(*bytes, types);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, record);
  EXPECT_EQ(decoded->effect(), Effect::effectful);
  EXPECT_EQ(signature_text(*decoded), "(Array<Float>, Integer) -> Float");
}

TEST(FunctionRecord, equal_inputs_are_written_in_full) {
  TypeTable table;
  RecordTypes types(table);
  FunctionRecord record = mean(table);
  const Type* row = table.structure({{"a", table.integer()}});
  record.inputs = {row, row};
  auto twice = encode_function(record, types);
  ASSERT_TRUE(twice);
  record.inputs = {row};
  auto once = encode_function(record, types);
  ASSERT_TRUE(once);
  // Struct tag, marker of the field list, count, name of one letter, Integer tag.
  EXPECT_EQ(twice->size() - once->size(), 6U);
}

TEST(FunctionRecord, types_with_back_references_are_refused) {
  TypeTable table;
  RecordTypes types(table);
  FunctionRecord record = mean(table);
  const Type* row = table.structure({{"a", table.integer()}});
  record.inputs = {row, row};
  auto bytes = encode_function(record, types);
  ASSERT_TRUE(bytes);
  // The second input's list of fields as a reference to the first one's.
  const Bytes field = {0x10, 0, 1, 1, 'a', 8};
  auto first = std::search(bytes->begin(), bytes->end(), field.begin(), field.end());
  ASSERT_NE(first, bytes->end());
  auto second = first + static_cast<ptrdiff_t>(field.size());
  *(second + 1) = 6 - 1;  // from the marker back to behind the first one's marker
  bytes->erase(second + 2, second + 6);
  auto typed = decode_beast2(*bytes, types.function, table, *std::make_unique<Heap>());
  ASSERT_TRUE(typed) << typed.error().message();
  auto decoded = decode_function(*bytes, types);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message(), "the function is not in canonical form");
}

TEST(FunctionRecord, effects_out_of_order_are_refused) {
  TypeTable table;
  RecordTypes types(table);
  FunctionRecord record = mean(table);
  std::swap(record.effects[0], record.effects[1]);
  auto bytes = encode_function(record, types);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Code::invalid_argument);
}

TEST(FunctionRecord, other_values_are_no_functions) {
  TypeTable table;
  RecordTypes types(table);
  auto number = encode_beast2(table.integer(), Slot::of(int64_t{30}));
  ASSERT_TRUE(number);
  EXPECT_FALSE(is_function_object(*number, types));
  auto decoded = decode_function(*number, types);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Code::corrupt);
  auto garbage = decode_function(as_bytes("hello"), types);
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().code, Code::corrupt);
}

TEST(FunctionRecord, a_newer_version_is_named) {
  TypeTable table;
  RecordTypes types(table);
  Heap heap;
  FieldsObject* value = heap.new_fields(2);
  value->fields()[0] = Slot::of(heap.new_text("function/7"));
  const Type* type = table.structure({{"samara", table.string()}, {"more", table.null()}});
  auto bytes = encode_beast2(type, Slot::of(value));
  ASSERT_TRUE(bytes);
  auto decoded = decode_function(*bytes, types);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Code::unsupported);
  EXPECT_NE(decoded.error().message().find("function/7"), std::string_view::npos);
}

TEST(FunctionRecord, every_cut_of_a_function_is_refused) {
  TypeTable table;
  RecordTypes types(table);
  auto bytes = encode_function(mean(table), types);
  ASSERT_TRUE(bytes);
  size_t step = bytes->size() / 40 + 1;
  for (size_t size = 0; size < bytes->size(); size += step) {
    EXPECT_FALSE(decode_function(ByteView(*bytes).subspan(0, size), types)) << size;
  }
}

TEST(FunctionCompanion, decoding_gives_the_companion_back) {
  TypeTable table;
  RecordTypes types(table);
  FunctionCompanion companion{hash_of_byte(0xf0), {1, 2, 3}, "models/mean.beast2", "The mean."};
  auto bytes = encode_companion(companion, types);
  ASSERT_TRUE(bytes);
  auto decoded = decode_companion(*bytes, types);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, companion);
}

TEST(CallId, bytes_and_id_of_a_call_are_fixed) {
  TypeTable table;
  RecordTypes types(table);
  Bytes bytes = encode_call(call_of_mean(), types);
  EXPECT_EQ(to_hex(bytes),
            "89456173740d0a011000050673616d6172610f0866756e6374696f6e0209617267756d656e747300"
            "020862696e64696e6773050f020973656d616e74696373080663616c6c2f3120f0f0f0f0f0f0f0f0"
            "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f000022001010101010101010101010101"
            "01010101010101010101010101010101010101200202020202020202020202020202020202020202"
            "02020202020202020202020200020b636f6e736f6c655f6c6f6720b1b1b1b1b1b1b1b1b1b1b1b1b1"
            "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b11263727970746f5f686173685f73686132353620b2"
            "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b202");
  EXPECT_EQ(CallIdMaker(types)(call_of_mean()), sha256(bytes));
  EXPECT_EQ(sha256(bytes).hex(),
            "e4071e0428ce9f42152231193b539fa3674d9b906981f0be21af3e0e5ec03567");
}

TEST(CallId, the_bytes_are_those_of_the_codec) {
  TypeTable table;
  RecordTypes types(table);
  CallSpec spec = call_of_mean();
  spec.semantics = -200;
  spec.arguments.resize(300);
  Heap heap;
  auto blob = [&](const Hash& hash) { return Slot::of(heap.new_bytes(hash.view())); };
  ArrayObject* arguments = heap.new_array();
  for (const Hash& argument : spec.arguments) ASSERT_TRUE(heap.push(arguments, blob(argument)));
  SortedObject* bindings = new_dict(heap);
  for (auto& [name, hash] : spec.bindings) {
    sorted_append(heap, bindings, Slot::of(heap.new_text(name)), blob(hash));
  }
  FieldsObject* value = heap.new_fields(5);
  value->fields()[0] = Slot::of(heap.new_text("call/1"));
  value->fields()[1] = blob(spec.function);
  value->fields()[2] = Slot::of(arguments);
  value->fields()[3] = Slot::of(bindings);
  value->fields()[4] = Slot::of(spec.semantics);
  auto expected = encode_beast2(types.call, Slot::of(value));
  ASSERT_TRUE(expected);
  EXPECT_EQ(encode_call(spec, types), *expected);
}

TEST(CallId, each_part_changes_the_id) {
  TypeTable table;
  CallIdMaker id{RecordTypes(table)};
  CallSpec spec = call_of_mean();
  Hash original = id(spec);
  CallSpec other = spec;
  other.function = hash_of_byte(0xf1);
  EXPECT_NE(id(other), original);
  other = spec;
  std::swap(other.arguments[0], other.arguments[1]);
  EXPECT_NE(id(other), original);
  other = spec;
  other.bindings["console_log"] = hash_of_byte(0xb3);
  EXPECT_NE(id(other), original);
  other = spec;
  other.bindings.erase("console_log");
  EXPECT_NE(id(other), original);
  other = spec;
  other.semantics++;
  EXPECT_NE(id(other), original);
}

TEST(ExecutionRecord, bytes_of_a_record_are_fixed) {
  TypeTable table;
  RecordTypes types(table);
  ExecutionRecord record = attempt(call_of_mean());
  record.outcome = Outcome::of_value(hash_of_byte(0x77));
  auto bytes = encode_execution(record, types);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(sha256(*bytes).hex(),
            "f372d4662a5e86e58240f5ada396ec7155643441d29c6714f017c607709d2f2a");
}

TEST(ExecutionRecord, a_running_attempt_is_read_back) {
  TypeTable table;
  RecordTypes types(table);
  ExecutionRecord record = attempt(call_of_mean());
  auto bytes = encode_execution(record, types);
  ASSERT_TRUE(bytes);
  auto decoded = decode_execution(*bytes, types);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_TRUE(decoded->running());
  EXPECT_EQ(*decoded, record);
}

TEST(ExecutionRecord, every_outcome_is_read_back) {
  TypeTable table;
  RecordTypes types(table);
  ExecutionRecord record = attempt(call_of_mean());
  record.finished_ms = record.started_ms + 5;
  record.usage = {5'000'000, 4'000'000, 123, 1 << 20};
  record.log.entries = {{LogStream::out, "hello\n"}, {LogStream::err, "oh\n"}};
  record.log.bytes_dropped = 7;
  std::vector<Outcome> outcomes = {Outcome::of_value(hash_of_byte(0x77)),
                                   Outcome::of_error("Array index 3 out of bounds",
                                                     {{"model.east", 14, 7}, {"main.east", 2, 1}}),
                                   Outcome::of_limit("steps", "more than 10 steps")};
  for (auto kind : {OutcomeKind::trap, OutcomeKind::crash, OutcomeKind::timeout,
                    OutcomeKind::memory, OutcomeKind::cancelled, OutcomeKind::lost}) {
    outcomes.push_back(Outcome::of(kind, "why"));
  }
  ASSERT_EQ(outcomes.size(), k_outcome_count);
  for (const Outcome& outcome : outcomes) {
    record.outcome = outcome;
    auto bytes = encode_execution(record, types);
    ASSERT_TRUE(bytes);
    auto decoded = decode_execution(*bytes, types);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(*decoded, record) << outcome_name(outcome.kind);
  }
}

TEST(ExecutionRecord, names_what_it_speaks_of) {
  ExecutionRecord record = attempt(call_of_mean());
  record.outcome = Outcome::of_value(hash_of_byte(0x77));
  record.log.object = hash_of_byte(0x88);
  std::vector<Hash> names = names_of(record);
  for (int byte : {0x01, 0x02, 0xf0, 0x77, 0x88}) {
    EXPECT_NE(std::find(names.begin(), names.end(), hash_of_byte(static_cast<uint8_t>(byte))),
              names.end());
  }
  EXPECT_EQ(names.size(), 5U);
}

TEST(Outcome, an_error_prints_its_stack_from_the_outside_in) {
  Outcome outcome = Outcome::of_error("oh", {{"a.east", 1, 2}, {"b.east", 3, 4}, {"c.east", 5, 6}});
  EXPECT_EQ(outcome_text(outcome),
            "a.east:1:2: oh\nStack trace:\n  at c.east:5:6\n  at b.east:3:4");
  EXPECT_EQ(outcome_text(Outcome::of_limit("steps", "too many")), "limit (steps): too many");
}

TEST(Uuid, version_7_holds_the_time_and_the_bits_of_the_standard) {
  std::array<uint8_t, 10> random;
  random.fill(0xff);
  Uuid id = Uuid::make_v7(0x0123456789ab, random);
  EXPECT_EQ(id.text(), "01234567-89ab-7fff-bfff-ffffffffffff");
  EXPECT_EQ(id.unix_ms(), 0x0123456789ab);
  auto parsed = Uuid::parse(id.text());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, id);
}

TEST(Uuid, other_text_is_refused) {
  EXPECT_FALSE(Uuid::parse(""));
  EXPECT_FALSE(Uuid::parse("0123456789abcdef0123456789abcdef0123"));
  EXPECT_FALSE(Uuid::parse("01234567-89ab-7fff-bfff-fffffffffffg"));
}

TEST(LogBuffer, neighbours_of_one_stream_are_joined) {
  LogBuffer log(1000);
  log.write(LogStream::out, "a");
  log.write(LogStream::out, "b\n");
  log.write(LogStream::err, "c");
  EXPECT_EQ(log.entries(),
            (std::vector<LogEntry>{{LogStream::out, "ab\n"}, {LogStream::err, "c"}}));
  EXPECT_EQ(log.bytes(), 4U);
}

TEST(LogBuffer, what_is_beyond_the_limit_is_counted_and_no_character_is_cut) {
  LogBuffer log(4);
  log.write(LogStream::out, "abc\xc3\xa4");
  log.write(LogStream::out, "d");
  EXPECT_EQ(log.entries(), (std::vector<LogEntry>{{LogStream::out, "abc"}}));
  EXPECT_EQ(log.bytes_dropped(), 3U);
}

TEST(Log, bytes_that_are_no_text_are_replaced) {
  TypeTable table;
  RecordTypes types(table);
  std::vector<LogEntry> entries = {{LogStream::err,
                                    "a\xff\xfe"
                                    "b"}};
  auto bytes = encode_log(entries, types);
  ASSERT_TRUE(bytes);
  auto decoded = decode_log(*bytes, types);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->front().text,
            "a\xef\xbf\xbd\xef\xbf\xbd"
            "b");
}

TEST(UnitText, bytes_and_durations_read_well) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1 KiB");
  EXPECT_EQ(bytes_text(3 << 19), "1.5 MiB");
  EXPECT_EQ(bytes_text(uint64_t{4} << 30), "4 GiB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "15.9 EiB");
  EXPECT_EQ(duration_text(std::chrono::nanoseconds(12'340)), "12.3 µs");
  EXPECT_EQ(duration_text(std::chrono::milliseconds(1500)), "1.5 s");
  EXPECT_EQ(duration_text(std::chrono::hours(24)), "24 h");
}

TEST(TypeName, types_read_as_in_messages) {
  TypeTable table;
  EXPECT_EQ(type_name(table.array(table.float_())), "Array<Float>");
  EXPECT_EQ(type_name(table.dict(table.string(), table.option(table.integer()))),
            "Dict<String, Variant{none, some: Integer}>");
  EXPECT_EQ(type_name(table.structure({{"a", table.integer()}, {"b", table.blob()}})),
            "Struct{a: Integer, b: Blob}");
  EXPECT_EQ(type_name(table.function({table.integer()}, table.null())), "(Integer) -> Null");
  const Type* deep = table.integer();
  for (int i = 0; i < 100; i++) deep = table.array(deep);
  EXPECT_LE(type_name(deep, 40).size(), 44U);
}
