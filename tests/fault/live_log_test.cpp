#include "store/live_log.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "ports/linux/files.hpp"

using namespace samara;
using namespace samara::store;

namespace {

constexpr std::string_view k_attempt = "018f0000-0000-7000-8000-000000000000";

class LiveLogFiles : public testing::Test {
 protected:
  LiveLogFiles() { std::filesystem::create_directory(path_ + "/tmp"); }
  ~LiveLogFiles() override { std::filesystem::remove_all(path_); }

  static std::string make_folder() {
    std::string made = (std::filesystem::temp_directory_path() / "samara-live-XXXXXX").string();
    EXPECT_NE(::mkdtemp(made.data()), nullptr);
    return made;
  }

  std::string path_ = make_folder();
  port::LinuxFiles files_;
  LiveLogs logs_{files_, path_};
};

TEST_F(LiveLogFiles, what_is_appended_is_read_in_pieces_as_it_comes) {
  auto none = logs_.reader(k_attempt);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  auto writer = logs_.writer(k_attempt);
  ASSERT_TRUE(writer) << writer.error().message();
  ASSERT_TRUE(writer->append(LiveStream::out, "one"));
  auto reader = logs_.reader(k_attempt);
  ASSERT_TRUE(reader && reader->has_value());
  auto pieces = (*reader)->next();
  ASSERT_TRUE(pieces);
  EXPECT_EQ(*pieces, (std::vector<LivePiece>{{LiveStream::out, "one"}}));
  EXPECT_TRUE((*reader)->next()->empty());
  const std::string large(200'000, 'x');
  ASSERT_TRUE(writer->append(LiveStream::err, large));
  writer->remove();
  std::string got;
  pieces = (*reader)->next();
  ASSERT_TRUE(pieces);
  for (const LivePiece& piece : *pieces) {
    EXPECT_EQ(piece.stream, LiveStream::err);
    got += piece.text;
  }
  EXPECT_EQ(got, large);
  EXPECT_FALSE(logs_.reader(k_attempt)->has_value());
}

TEST_F(LiveLogFiles, two_writers_append_to_one_log) {
  auto first = logs_.writer(k_attempt);
  auto second = logs_.writer(k_attempt);
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(first->append(LiveStream::out, "a"));
  ASSERT_TRUE(second->append(LiveStream::out, "b"));
  ASSERT_TRUE(first->append(LiveStream::out, "c"));
  auto pieces = (*logs_.reader(k_attempt))->next();
  ASSERT_TRUE(pieces);
  ASSERT_EQ(pieces->size(), 3U);
  EXPECT_EQ((*pieces)[1].text, "b");
}

TEST_F(LiveLogFiles, a_sweep_takes_what_nobody_holds) {
  EXPECT_EQ(*logs_.sweep(), 0U);
  {
    auto writer = logs_.writer(k_attempt);
    ASSERT_TRUE(writer);
    EXPECT_EQ(*logs_.sweep(), 0U);
  }
  EXPECT_EQ(*logs_.sweep(), 1U);
  EXPECT_FALSE(logs_.reader(k_attempt)->has_value());
}

TEST_F(LiveLogFiles, a_damaged_log_is_told_of) {
  auto writer = logs_.writer(k_attempt);
  ASSERT_TRUE(writer);
  FILE* file = ::fopen(logs_.path(k_attempt).c_str(), "a");
  ASSERT_NE(file, nullptr);
  ::fputs("no frame at all", file);
  ::fclose(file);
  EXPECT_EQ((*logs_.reader(k_attempt))->next().error().code, Code::corrupt);
}

TEST_F(LiveLogFiles, names_are_held_as_long_as_somebody_runs) {
  EXPECT_TRUE(logs_.names()->empty());
  auto hold = logs_.hold_name("0123456789abcdef", {"forecast", "ff cc"});
  ASSERT_TRUE(hold);
  auto names = logs_.names();
  ASSERT_TRUE(names);
  ASSERT_EQ(names->size(), 1U);
  EXPECT_EQ((*names)[0].name, "forecast");
  EXPECT_EQ((*names)[0].text, "ff cc");
  hold->reset();
  EXPECT_TRUE(logs_.names()->empty());
}

}  // namespace
