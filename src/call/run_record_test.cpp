#include "call/run_record.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/sha256.hpp"

namespace samara {
namespace {

class RunRecords : public testing::Test {
 protected:
  TypeTable table_;
  RecordTypes records_{table_};
  RunTypes types_{records_};

  static Hash hash(std::string_view text) { return sha256(as_bytes(text)); }
  RunRecord example() const {
    RunRecord out;
    out.name = "forecast";
    out.directory = "/data";
    out.options = {"--timeout=30s"};
    out.function = {hash("f"), {OriginKind::ref, "fit"}};
    out.inputs = {{hash("a"), {OriginKind::file, "/data/sales.csv"}},
                  {hash("b"), {OriginKind::output, "other.outputs.table"}},
                  {hash("c"), {OriginKind::value, ""}}};
    out.call = hash("call");
    out.attempt = "018f0000-0000-7000-8000-000000000000";
    out.started_ms = 1'700'000'000'000;
    out.named_ms = 1'700'000'000'005;
    out.outcome = Outcome::of_value(hash("result"));
    out.log = hash("log");
    return out;
  }
};

TEST_F(RunRecords, what_is_written_is_read_again) {
  RunRecord record = example();
  auto bytes = encode_run(record, types_);
  ASSERT_TRUE(bytes);
  auto read = decode_run(*bytes, types_);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, record);
  EXPECT_TRUE(std::equal(types_.head.begin(), types_.head.end(), bytes->begin()));
}

TEST_F(RunRecords, a_failed_run_keeps_its_error_and_no_result) {
  RunRecord record = example();
  record.outcome = Outcome::of_error("no data", {{"a.east", 3, 7}});
  record.log.reset();
  auto bytes = encode_run(record, types_);
  ASSERT_TRUE(bytes);
  auto read = decode_run(*bytes, types_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->outcome, record.outcome);
  EXPECT_EQ(names_of(*read).size(), 4U);
}

TEST_F(RunRecords, it_names_function_inputs_result_and_log) {
  const std::vector<Hash> names = names_of(example());
  for (std::string_view part : {"f", "a", "b", "c", "result", "log"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), hash(part)), names.end()) << part;
  }
}

TEST_F(RunRecords, other_bytes_are_refused) {
  EXPECT_EQ(decode_run({}, types_).error().code, Code::corrupt);
  auto bytes = encode_run(example(), types_);
  ASSERT_TRUE(bytes);
  bytes->resize(bytes->size() - 3);
  EXPECT_EQ(decode_run(*bytes, types_).error().code, Code::corrupt);
  bytes = encode_run(example(), types_);
  (*bytes)[types_.head.size() - 1] = '2';
  EXPECT_EQ(decode_run(*bytes, types_).error().code, Code::unsupported);
}

}  // namespace
}  // namespace samara
