// The standard platform functions, called from East programs on the real ports.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "call/log.hpp"
#include "eval/compile.hpp"
#include "eval/platform_signatures.hpp"
#include "eval/vm.hpp"
#include "ir/builder.hpp"
#include "ir/check.hpp"
#include "platform/standard.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/http_curl.hpp"
#include "ports/linux/random.hpp"
#include "runtime/east/platform_host.hpp"
#include "value/text.hpp"

namespace samara {
namespace {

class PlatformFunctions : public ::testing::Test {
 protected:
  PlatformFunctions() {
    char name[] = "/tmp/samara-platform-XXXXXX";
    folder_ = ::mkdtemp(name);
    auto added = platform::add_standard_platform(types_, registry_,
                                                 {.clock = clock_,
                                                  .random = random_,
                                                  .files = files_,
                                                  .http = &http_,
                                                  .working_directory = folder_,
                                                  .file_roots = {folder_}});
    EXPECT_TRUE(added);
  }
  ~PlatformFunctions() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  ir::Expr text(std::string_view value) { return b_.string(value); }
  const Type* type_of(std::string_view name) {
    const eval::PlatformFunction* function = registry_.find(types_, name, {});
    EXPECT_NE(function, nullptr) << name;
    return function->output;
  }
  /// Calls a function; gives East text, a String's contents, or `error: ` and the message.
  std::string call(std::string_view name, std::initializer_list<ir::Expr> arguments) {
    const eval::PlatformFunction* function = registry_.find(types_, name, {});
    EXPECT_NE(function, nullptr) << name;
    ir::Expr node = b_.platform(name, arguments, function->output, function->is_async);
    std::unique_ptr<ir::Program> program = function->is_async
                                               ? b_.async_program({}, [&](auto) { return node; })
                                               : b_.program({}, [&](auto) { return node; });
    auto checked = ir::check(*program, eval::RegistrySignatures(registry_));
    EXPECT_TRUE(checked) << (checked ? "" : std::string(checked.error().message()));
    if (!checked) return "check failed";
    auto compiled =
        eval::compile(std::shared_ptr<const ir::Program>(std::move(program)), registry_);
    EXPECT_TRUE(compiled);
    Heap heap;
    LogBuffer log(1000);
    host_.log = &log;
    eval::Vm vm(heap, types_, registry_, {.host = &host_});
    Slot out;
    bool ok = vm.run(*compiled, {}, out);
    log_ = log.take();
    if (!ok) {
      EXPECT_TRUE(vm.failure() != eval::FailureKind::error || vm.error().stack.size() == 1);
      return (vm.failure() == eval::FailureKind::error ? "error: " : "ended: ") +
             vm.error().message;
    }
    if (function->output->is(Kind::string)) return std::string(text_of(out));
    auto printed = print_text(function->output, out);
    return printed ? *printed : "cannot print";
  }

  TypeTable types_;
  eval::PlatformRegistry registry_;
  ir::Builder b_{types_};
  port::LinuxClock clock_;
  port::LinuxRandom random_;
  port::LinuxFiles files_;
  port::CurlHttpClient http_;
  runtime::east::PlatformHost host_;
  std::vector<LogEntry> log_;
  std::string folder_;
};

// Answers one request on a loopback port with fixed bytes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 4), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      char buffer[4096];
      ssize_t got = ::recv(peer, buffer, sizeof buffer, 0);
      if (got > 0) request_.assign(buffer, static_cast<size_t>(got));
      ::send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      ::close(peer);
    });
  }
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/x"; }
  const std::string& request() {
    if (thread_.joinable()) thread_.join();
    return request_;
  }

 private:
  std::string answer_;
  std::string request_;
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(PlatformFunctions, paths_follow_posix) {
  const Type* list = types_.array(types_.string());
  auto join = [&](std::string_view segments) {
    return call("path_join", {b_.builtin(ir::BuiltinId::Parse, {list}, {text(segments)})});
  };
  EXPECT_EQ(join(R"(["a", "..", "b", "./c//d/"])"), "b/c/d/");
  EXPECT_EQ(join("[]"), ".");
  EXPECT_EQ(join(R"(["/", "..", "x"])"), "/x");
  EXPECT_EQ(call("path_dirname", {text("/a/b/")}), "/a");
  EXPECT_EQ(call("path_dirname", {text("a")}), ".");
  EXPECT_EQ(call("path_basename", {text("/a/b.txt/")}), "b.txt");
  EXPECT_EQ(call("path_extname", {text("x/.bashrc")}), "");
  EXPECT_EQ(call("path_extname", {text("a.tar.gz")}), ".gz");
  EXPECT_EQ(call("path_resolve", {text("x/../y/")}), folder_ + "/y");
}

TEST_F(PlatformFunctions, console_goes_to_the_log_in_order) {
  EXPECT_EQ(call("console_log", {text("hello")}), "null");
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_EQ(log_[0].text, "hello\n");
  EXPECT_EQ(call("console_error", {text("bad")}), "null");
  EXPECT_EQ(log_[0].stream, LogStream::err);
}

TEST_F(PlatformFunctions, files_are_written_read_listed_and_removed) {
  EXPECT_EQ(call("fs_create_directory", {text("data/deep")}), "null");
  EXPECT_EQ(call("fs_create_directory", {text("data/deep")}), "null");
  EXPECT_EQ(call("fs_write_file", {text("data/a.txt"), text("one longer text")}), "null");
  EXPECT_EQ(call("fs_write_file", {text("data/a.txt"), text("two")}), "null");
  EXPECT_EQ(call("fs_append_file", {text("data/a.txt"), text("+three")}), "null");
  EXPECT_EQ(call("fs_append_file", {text("data/new.txt"), text("n")}), "null");
  EXPECT_EQ(call("fs_read_file", {text("data/a.txt")}), "two+three");
  EXPECT_EQ(call("fs_read_file_bytes", {text("data/a.txt")}), "0x74776f2b7468726565");
  EXPECT_EQ(call("fs_is_file", {text("data/a.txt")}), "true");
  EXPECT_EQ(call("fs_is_file", {text("data")}), "false");
  EXPECT_EQ(call("fs_is_directory", {text("data")}), "true");
  EXPECT_EQ(call("fs_exists", {text("nothing")}), "false");
  EXPECT_EQ(call("fs_delete_file", {text("data/new.txt")}), "null");
  std::string listed = call("fs_read_directory", {text("data")});
  EXPECT_TRUE(listed == R"(["a.txt", "deep"])" || listed == R"(["deep", "a.txt"])") << listed;
}

TEST_F(PlatformFunctions, file_errors_name_the_path_and_the_cause) {
  EXPECT_EQ(
      call("fs_read_file", {text("none.txt")}).rfind("error: Failed to read file none.txt: ", 0),
      0U);
  EXPECT_EQ(call("fs_delete_file", {text("none.txt")})
                .rfind("error: Failed to delete file none.txt: ", 0),
            0U);
  EXPECT_EQ(
      call("fs_read_directory", {text("none")}).rfind("error: Failed to read directory none: ", 0),
      0U);
  EXPECT_EQ(call("fs_write_file", {text("none/x"), text("")})
                .rfind("error: Failed to write file none/x: ", 0),
            0U);
}

TEST_F(PlatformFunctions, nothing_outside_the_granted_folder_is_touched) {
  for (std::string_view path : {"/etc/passwd", "../x", "data/../../x"}) {
    std::string why = call("fs_read_file", {text(path)});
    EXPECT_NE(why.find("not granted"), std::string::npos) << why;
    EXPECT_EQ(call("fs_exists", {text(path)}), "false");
  }
  EXPECT_NE(call("fs_write_file", {text(folder_ + "-beside"), text("x")}).find("not granted"),
            std::string::npos);
}

TEST_F(PlatformFunctions, hashes_and_random_bytes) {
  EXPECT_EQ(call("crypto_hash_sha256", {text("abc")}),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(call("crypto_random_bytes", {b_.integer(4)}).size(), 10U);
  EXPECT_EQ(call("crypto_random_bytes", {b_.integer(-1)})
                .rfind("error: Failed to generate random bytes: ", 0),
            0U);
  std::string uuid = call("crypto_uuid", {});
  ASSERT_EQ(uuid.size(), 36U);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(uuid, call("crypto_uuid", {}));
}

TEST_F(PlatformFunctions, seeded_random_numbers_repeat) {
  call("random_seed", {b_.integer(42)});
  std::string first = call("random_uniform", {});
  EXPECT_EQ(first, "0.08485680087049685");  // both references agree on the first number of seed 42
  EXPECT_EQ(call("random_uniform", {}), "0.3164580522578626");
  EXPECT_EQ(call("random_range", {b_.integer(5), b_.integer(4)}),
            "error: Invalid range: min (5) > max (4)");
  EXPECT_EQ(call("random_range", {b_.integer(7), b_.integer(7)}), "7");
  EXPECT_EQ(call("random_exponential", {b_.float_(0)}),
            "error: Random exponential generation failed: Expected lambda to be positive, got 0");
  EXPECT_EQ(call("random_bates", {b_.integer(0)}),
            "error: Random Bates generation failed: Expected n to be a positive integer, got 0");
}

TEST_F(PlatformFunctions, poisson_means_are_right_in_both_methods) {
  call("random_seed", {b_.integer(1)});
  for (double lambda : {4.0, 50.0}) {
    double sum = 0;
    constexpr int k_draws = 2000;
    for (int i = 0; i < k_draws; i++)
      sum += std::atof(call("random_poisson", {b_.float_(lambda)}).c_str());
    // Five standard errors.
    EXPECT_NEAR(sum / k_draws, lambda, 5 * std::sqrt(lambda / k_draws));
  }
}

TEST_F(PlatformFunctions, a_sleep_ends_at_the_deadline_or_when_cancelled) {
  host_.deadline = clock_.now() + std::chrono::milliseconds(30);
  EXPECT_EQ(call("time_sleep", {b_.integer(60'000)}), "ended: deadline passed");
  host_.deadline.reset();
  std::atomic<bool> cancel{true};
  host_.cancel = &cancel;
  EXPECT_EQ(call("time_sleep", {b_.integer(60'000)}), "ended: cancelled");
  host_.cancel = nullptr;
  EXPECT_EQ(call("time_sleep", {b_.integer(1)}), "null");
}

TEST_F(PlatformFunctions, time_zones_know_summer_time) {
  if (!std::filesystem::exists("/usr/share/zoneinfo/Europe/Berlin"))
    GTEST_SKIP() << "no time zone files here";
  auto offset = [&](int64_t ms, std::string_view zone) {
    return call("time_get_timezone_offset", {b_.datetime(ms), text(zone)});
  };
  EXPECT_EQ(offset(1'704'067'200'000, "Europe/Berlin"), "60");
  EXPECT_EQ(offset(1'719'792'000'000, "Europe/Berlin"), "120");
  EXPECT_EQ(offset(0, "UTC"), "0");
  EXPECT_EQ(offset(0, "Nowhere/Land"), "error: Unknown time zone 'Nowhere/Land'");
  EXPECT_EQ(offset(0, "../../../etc/passwd"), "error: Unknown time zone '../../../etc/passwd'");
}

TEST_F(PlatformFunctions, fetch_gets_posts_and_reports) {
  {
    OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    EXPECT_EQ(call("fetch_get", {text(server.url())}), "hello");
  }
  {
    OneAnswer server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(call("fetch_get", {text(server.url())}), "error: HTTP 404: Not Found");
  }
  {
    OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    EXPECT_EQ(call("fetch_post", {text(server.url()), text("body text")}), "ok");
    EXPECT_NE(server.request().find("Content-Type: text/plain"), std::string::npos);
    EXPECT_NE(server.request().find("body text"), std::string::npos);
  }
  EXPECT_EQ(call("fetch_get", {text("http://127.0.0.1:1/")})
                .rfind("error: Failed to fetch http://127.0.0.1:1/: ", 0),
            0U);
  EXPECT_EQ(call("fetch_get", {text("file:///etc/passwd")}).rfind("error: Failed to fetch ", 0),
            0U);
}

}  // namespace
}  // namespace samara
