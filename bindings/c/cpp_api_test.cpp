// The C++ cover of the C interface, from a program that sees the public headers alone.
// usage: cpp_api_test FOLDER-OF-PROGRAMS

#include <samara/samara.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

namespace {

int g_passed = 0;
int g_failed = 0;

void check(bool good, const char* what, int line) {
  (good ? g_passed : g_failed)++;
  if (!good) std::fprintf(stderr, "line %d: failed: %s\n", line, what);
}
#define CHECK(condition) check(static_cast<bool>(condition), #condition, __LINE__)

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void run(const std::string& path, const std::string& programs) {
  using namespace samara::api;
  auto repository = Repository::init(path);
  CHECK(repository);
  CHECK(!Repository::init(path));
  auto missing = Repository::open(path + "/nowhere");
  CHECK(missing.code == SAMARA_NO_REPOSITORY);
  CHECK(missing.error.find("nowhere") != std::string::npos);

  auto stored = repository->put(Format::text, "[1, 2, 3]", ".Array .Integer");
  CHECK(stored);
  CHECK(*repository->get(*stored, Format::json) == "[\"1\",\"2\",\"3\"]");
  CHECK(*repository->type_of(*stored) == ".Array .Integer");
  CHECK(*repository->convert(Format::json, "[\"4\"]", Format::text, ".Array .Integer") == "[4]");
  CHECK(repository->set_ref("numbers", *stored));
  CHECK(*repository->resolve("numbers") == *stored);
  CHECK(repository->remove_ref("numbers"));
  CHECK(repository->resolve("numbers").code == SAMARA_NOT_FOUND);

  auto fail = repository->add_function(read_file(programs + "/fail.json"), "fail");
  CHECK(fail);
  auto message = repository->put(Format::text, "\"oh\"");
  auto result = repository->call(*fail, {*message});
  CHECK(result);
  CHECK(result->outcome == SAMARA_OUTCOME_ERROR);
  CHECK(result->message == "fail.east:14:7: oh");
  CHECK(repository->why(result->call)->find("attempt 1") != std::string::npos);

  auto spin = repository->add_function(read_file(programs + "/spin.json"));
  CHECK(spin);
  std::atomic<bool> done{false};
  std::thread canceller([&] {
    while (!done.load()) {
      repository->cancel();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  auto cancelled = repository->call(*spin, {});
  done.store(true);
  canceller.join();
  CHECK(cancelled);
  CHECK(cancelled->outcome == SAMARA_OUTCOME_CANCELLED);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  char directory[] = "/tmp/samara-cpp-XXXXXX";
  if (::mkdtemp(directory) == nullptr) return 2;
  run(std::string(directory) + "/repository", arguments[1]);
  std::string command = "rm -rf " + std::string(directory);
  if (std::system(command.c_str()) != 0) g_failed++;
  std::printf("%d passed, %d failed\n", g_passed, g_failed);
  return g_failed == 0 ? 0 : 1;
}
