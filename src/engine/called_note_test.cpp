#include "engine/called_note.hpp"

#include <gtest/gtest.h>

namespace samara::engine {
namespace {

TEST(CalledNote, sentence_is_fixed) {
  CalledNote note{"fit", "3f9a02c4d5e6", "value '69d75a6f38f4…'", false};
  EXPECT_EQ(note.text(), "called 'fit', call '3f9a02c4d5e6…': value '69d75a6f38f4…'");
  note.from_memory = true;
  EXPECT_EQ(note.text(), "called 'fit', call '3f9a02c4d5e6…': value '69d75a6f38f4…', from memory");
}

TEST(CalledNote, what_is_written_is_read_again) {
  for (bool from_memory : {false, true}) {
    CalledNote note{"it's", "00ff00ff00ff", "error 'called 'x', from memory: no'", from_memory};
    auto read = CalledNote::parse(note.text());
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, note);
  }
}

TEST(CalledNote, other_sentences_are_none) {
  for (const char* text : {"", "called functions 3 times more", "called 'x'", "called 'x', call '",
                           "called 'x', call 'no hex…': value", "called 'x', call 'abc': value",
                           "it has never been run before"}) {
    EXPECT_FALSE(CalledNote::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace samara::engine
