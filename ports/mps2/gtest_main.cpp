// Runs the tests of one layer on the board. Arguments come from the emulator's command line, for
// example -semihosting-config ...,arg=test,arg=--gtest_filter=Sha256.*

#include <gtest/gtest.h>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
