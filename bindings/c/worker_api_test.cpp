// Workers of the C interface, from a program that sees samara.h and nothing else: here a worker and
// its callers are threads of one process. usage: worker_api_test FOLDER

#include <samara/samara.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

int g_passed = 0;
int g_failed = 0;

void check(bool good, const char* what, int line, const std::string& more = {}) {
  if (good) {
    g_passed++;
    return;
  }
  g_failed++;
  std::fprintf(stderr, "line %d: failed: %s %s\n", line, what, more.c_str());
}
#define CHECK(condition) check((condition), #condition, __LINE__)

void check_text(const std::string& got, const std::string& wanted, int line) {
  check(got == wanted, wanted.c_str(), line, "but it is " + got);
}
#define CHECK_TEXT(got, wanted) check_text(got, wanted, __LINE__)

samara_view view_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string text_of(samara_bytes& bytes) {
  std::string out(reinterpret_cast<const char*>(bytes.data), bytes.size);
  samara_bytes_free(&bytes);
  return out;
}

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// A repository in a folder of its own, which goes with it.
struct Place {
  Place() {
    std::string pattern = (std::filesystem::temp_directory_path() / "samara-api-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path = pattern;
    samara_repository* made = nullptr;
    if (samara_init(path.c_str(), &made) != SAMARA_OK) std::abort();
    samara_close(made);
  }
  ~Place() { std::filesystem::remove_all(path); }
  std::string path;
};

struct Repository {
  explicit Repository(const Place& place) {
    if (samara_open(place.path.c_str(), &handle) != SAMARA_OK) std::abort();
  }
  ~Repository() { samara_close(handle); }

  samara_hash add(const std::string& source) {
    samara_bytes added{};
    if (samara_add_source(handle, view_of(source), nullptr, nullptr, nullptr, &added) !=
        SAMARA_OK) {
      std::fprintf(stderr, "%s\n", samara_error(handle));
      std::abort();
    }
    samara_bytes_free(&added);
    samara_hash out{};
    const std::string name = source.substr(source.rfind("\nfn ") + 4);
    CHECK(samara_resolve(handle, name.substr(0, name.find('(')).c_str(), &out) == SAMARA_OK);
    return out;
  }

  // The result as East text, or what happened.
  std::string call(const samara_hash& function, const std::vector<std::string>& arguments,
                   samara_call_options options = {}) {
    options.struct_size = sizeof options;
    std::vector<samara_bytes> kept;
    std::vector<samara_argument> given;
    for (const std::string& text : arguments) {
      samara_bytes bytes{};
      if (samara_convert(handle, SAMARA_TEXT, view_of(text), nullptr, SAMARA_BEAST2, &bytes) !=
          SAMARA_OK) {
        std::abort();
      }
      kept.push_back(bytes);
      given.push_back({nullptr, {bytes.data, bytes.size}});
    }
    samara_result result{};
    const int32_t code =
        samara_call(handle, &function, given.data(), given.size(), &options, &result);
    for (samara_bytes& bytes : kept) samara_bytes_free(&bytes);
    if (code != SAMARA_OK) return std::string("error: ") + samara_error(handle);
    outcome = result.outcome;
    from_memo = result.from_memo != 0;
    std::string out;
    if (result.outcome != SAMARA_OUTCOME_VALUE) {
      out.assign(reinterpret_cast<const char*>(result.message.data), result.message.size);
    } else {
      samara_bytes text{};
      CHECK(samara_convert(handle, SAMARA_BEAST2, {result.value.data, result.value.size}, nullptr,
                           SAMARA_TEXT, &text) == SAMARA_OK);
      out = text_of(text);
    }
    samara_result_free(&result);
    return out;
  }

  samara_repository* handle = nullptr;
  int32_t outcome = -1;
  bool from_memo = false;
};

struct Worker {
  explicit Worker(const Place& place, const char* runtime = nullptr) {
    samara_worker_options options{};
    options.struct_size = sizeof options;
    options.runtime = runtime;
    options.word = "test worker";
    options.slots = 1;
    CHECK(samara_worker_open(place.path.c_str(), &options, &handle) == SAMARA_OK);
  }
  ~Worker() {
    samara_worker_interrupt(handle);
    if (thread.joinable()) thread.join();
    samara_worker_close(handle);
  }
  int32_t offer(const char* name, const char* input, const char* output, int32_t effect,
                const char* implementation) {
    samara_offer given{};
    given.struct_size = sizeof given;
    given.name = name;
    given.inputs = &input;
    given.input_count = 1;
    given.output = output;
    given.effect = effect;
    given.implementation = implementation;
    return samara_worker_offer(handle, &given, nullptr);
  }
  void serve(const std::function<void(samara_request*)>& answer) {
    CHECK(samara_worker_start(handle) == SAMARA_OK);
    thread = std::thread([this, answer] {
      while (true) {
        samara_request* request = nullptr;
        if (samara_worker_next(handle, -1, &request) != SAMARA_OK || request == nullptr) return;
        served++;
        answer(request);
      }
    });
  }
  samara_worker* handle = nullptr;
  std::thread thread;
  int served = 0;
};

std::string argument_text(samara_request* request, size_t index) {
  samara_view bytes{};
  CHECK(samara_request_argument(request, index, &bytes) == SAMARA_OK);
  samara_values* values = samara_values_new();
  samara_tree* tree = nullptr;
  CHECK(samara_tree_read(values, SAMARA_BEAST2, bytes, nullptr, &tree) == SAMARA_OK);
  samara_bytes text{};
  CHECK(samara_tree_write(tree, samara_tree_type(tree), samara_tree_root(tree), SAMARA_TEXT,
                          &text) == SAMARA_OK);
  std::string out = text_of(text);
  samara_tree_free(tree);
  samara_values_free(values);
  return out;
}

void answer_text(samara_request* request, const std::string& text) {
  samara_values* values = samara_values_new();
  samara_tree* tree = nullptr;
  CHECK(samara_tree_read(values, SAMARA_TEXT, view_of(text), nullptr, &tree) == SAMARA_OK);
  samara_bytes bytes{};
  CHECK(samara_tree_write(tree, samara_tree_type(tree), samara_tree_root(tree), SAMARA_BEAST2,
                          &bytes) == SAMARA_OK);
  samara_tree_free(tree);
  samara_values_free(values);
  CHECK(samara_request_answer(request, {bytes.data, bytes.size}) == SAMARA_OK);
  samara_bytes_free(&bytes);
}

constexpr const char* k_uses_twice =
    "platform pure fn twice(x: Integer) -> Integer\nfn quad(x: Integer) -> Integer "
    "{ twice(twice(x)) }\n";

void what_a_worker_offers_is_called_by_east() {
  Place place;
  Repository repository(place);
  const samara_hash quad = repository.add(k_uses_twice);
  CHECK(holds(repository.call(quad, {"3"}), "unknown platform function 'twice'"));
  Worker worker(place);
  CHECK(worker.offer("twice", ".Integer", ".Integer", SAMARA_PURE, "1") == SAMARA_OK);
  CHECK(worker.offer("twice", ".Integer", ".Integer", SAMARA_PURE, "2") == SAMARA_EXISTS);
  worker.serve([](samara_request* request) {
    CHECK(samara_request_kind(request) == SAMARA_REQUEST_OFFER);
    CHECK_TEXT(std::string(samara_request_name(request)), "twice");
    CHECK_TEXT(std::string(samara_request_input(request, 0)), ".Integer");
    CHECK(samara_request_ms_left(request) > 1000);
    answer_text(request, std::to_string(2 * std::stol(argument_text(request, 0))));
  });
  CHECK_TEXT(repository.call(quad, {"3"}), "12");
  CHECK(!repository.from_memo);
  CHECK(worker.served == 2);
  CHECK_TEXT(repository.call(quad, {"3"}), "12");
  CHECK(repository.from_memo);
  CHECK(worker.served == 2);
  CHECK(worker.offer("late", ".Integer", ".Integer", SAMARA_PURE, "1") == SAMARA_CONFLICT);
}

void another_implementation_is_another_call() {
  Place place;
  Repository repository(place);
  const samara_hash quad = repository.add(k_uses_twice);
  for (const char* version : {"1", "2"}) {
    Worker worker(place);
    CHECK(worker.offer("twice", ".Integer", ".Integer", SAMARA_PURE, version) == SAMARA_OK);
    const int factor = *version - '0' + 1;
    worker.serve([factor](samara_request* request) {
      answer_text(request, std::to_string(factor * std::stol(argument_text(request, 0))));
    });
    Repository fresh(place);
    CHECK_TEXT(fresh.call(quad, {"3"}), std::to_string(3 * factor * factor));
    CHECK(!fresh.from_memo);
  }
  static_cast<void>(repository);
}

void types_are_compared_before_anything_runs() {
  Place place;
  Repository repository(place);
  const samara_hash quad = repository.add(k_uses_twice);
  Worker worker(place);
  CHECK(worker.offer("twice", ".Float", ".Float", SAMARA_PURE, "1") == SAMARA_OK);
  worker.serve([](samara_request* request) { answer_text(request, "1.0"); });
  CHECK(holds(repository.call(quad, {"3"}), "calls 'twice' as (Integer) -> Integer"));
  CHECK(worker.served == 0);
}

void errors_keep_their_locations() {
  Place place;
  Repository repository(place);
  const samara_hash quad = repository.add(k_uses_twice);
  Worker worker(place);
  CHECK(worker.offer("twice", ".Integer", ".Integer", SAMARA_PURE, "1") == SAMARA_OK);
  worker.serve([](samara_request* request) {
    const samara_location places[] = {{"model.py", 12, 3}, {"model.py", 40, 1}};
    CHECK(samara_request_fail(request, SAMARA_OUTCOME_ERROR, "too large", places, 2) == SAMARA_OK);
  });
  const std::string said = repository.call(quad, {"3"});
  CHECK(repository.outcome == SAMARA_OUTCOME_ERROR);
  CHECK(holds(said, "model.py:12:3: too large"));
  CHECK(holds(said, "model.py:40:1"));
  samara_bytes message{};
  samara_bytes locations{};
  CHECK(samara_last_outcome(repository.handle, &message, &locations) == SAMARA_OK);
  CHECK_TEXT(text_of(message), "too large");
  samara_bytes text{};
  CHECK(samara_convert(repository.handle, SAMARA_BEAST2, {locations.data, locations.size}, nullptr,
                       SAMARA_TEXT, &text) == SAMARA_OK);
  samara_bytes_free(&locations);
  CHECK(holds(text_of(text), "file=\"model.py\", line=12, column=3"));
}

void a_wrong_value_is_no_answer() {
  Place place;
  Repository repository(place);
  const samara_hash quad = repository.add(k_uses_twice);
  Worker worker(place);
  CHECK(worker.offer("twice", ".Integer", ".Integer", SAMARA_PURE, "1") == SAMARA_OK);
  worker.serve([](samara_request* request) { answer_text(request, "\"text\""); });
  CHECK(holds(repository.call(quad, {"3"}), "gave no value of its output type"));
  CHECK(repository.outcome == SAMARA_OUTCOME_TRAP);
}

void large_values_go_as_objects() {
  Place place;
  Repository repository(place);
  const samara_hash grow = repository.add(
      "platform pure fn grow(x: String) -> String\nfn bigger(x: String) -> String { grow(x) }\n");
  Worker worker(place);
  CHECK(worker.offer("grow", ".String", ".String", SAMARA_PURE, "1") == SAMARA_OK);
  worker.serve([](samara_request* request) {
    const std::string text = argument_text(request, 0);
    answer_text(request, "\"" + text.substr(1, text.size() - 2) + text.substr(1));
  });
  const std::string large(100'000, 'x');
  CHECK(repository.call(grow, {"\"" + large + "\""}) == "\"" + large + large + "\"");
}

void a_script_brings_its_source() {
  Place place;
  Repository repository(place);
  samara_script script{};
  script.struct_size = sizeof script;
  script.runtime = "python";
  script.entry = "train";
  const std::string text = "def train(x): return x\n";
  script.source = view_of(text);
  script.type = ".Function (inputs=[.Integer], output=.Integer)";
  script.effect = SAMARA_PURE;
  script.path = "models/train.py";
  samara_hash train{};
  CHECK(samara_add_script(repository.handle, &script, "train", &train) == SAMARA_OK);
  CHECK_TEXT(std::string(samara_error(repository.handle)), "");
  samara_hash elsewhere{};
  script.path = "other/train.py";
  CHECK(samara_add_script(repository.handle, &script, "train", &elsewhere) == SAMARA_OK);
  CHECK(std::memcmp(&train, &elsewhere, sizeof train) == 0);
  CHECK(holds(repository.call(train, {"1"}), "no worker serves functions in python"));
  Worker worker(place, "python");
  worker.serve([](samara_request* request) {
    CHECK(samara_request_kind(request) == SAMARA_REQUEST_SCRIPT);
    samara_script_source source{};
    CHECK(samara_request_script(request, &source) == SAMARA_OK);
    CHECK_TEXT(std::string(source.entry), "train");
    CHECK_TEXT(std::string(source.path), "other/train.py");
    CHECK(source.environment_id == nullptr);
    samara_request_log(request, 1, view_of("training\n"));
    answer_text(request, argument_text(request, 0));
  });
  CHECK_TEXT(repository.call(train, {"7"}), "7");
  CHECK_TEXT(repository.call(train, {"7"}), "7");
  CHECK(repository.from_memo);
}

void a_deadline_ends_the_wait() {
  Place place;
  Repository repository(place);
  const samara_hash quad = repository.add(k_uses_twice);
  Worker worker(place);
  CHECK(worker.offer("twice", ".Integer", ".Integer", SAMARA_PURE, "1") == SAMARA_OK);
  worker.serve([](samara_request* request) {
    while (samara_request_cancelled(request) == 0 && samara_request_ms_left(request) >= 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(samara_request_fail(request, SAMARA_OUTCOME_CANCELLED, "gave up", nullptr, 0) ==
          SAMARA_OK);
  });
  samara_call_options options{};
  options.wall_ms_max = 200;
  const std::string said = repository.call(quad, {"3"}, options);
  check(holds(said, "deadline of "), "the deadline passes", __LINE__, said);
}

void calls_inside_requests_find_circles() {
  Place place;
  Repository repository(place);
  const samara_hash quad = repository.add(k_uses_twice);
  Worker worker(place);
  CHECK(worker.offer("twice", ".Integer", ".Integer", SAMARA_PURE, "1") == SAMARA_OK);
  worker.serve([&](samara_request* request) {
    Repository inner(place);
    samara_call_options options{};
    options.parent = request;
    const std::string said = inner.call(quad, {"3"}, options);
    CHECK(holds(said, "waits for itself"));
    CHECK(samara_request_fail(request, SAMARA_OUTCOME_ERROR, said.c_str(), nullptr, 0) ==
          SAMARA_OK);
  });
  CHECK(holds(repository.call(quad, {"3"}), "waits for itself"));
}

void east_runs_in_a_worker_for_its_caller() {
  Place place;
  Repository repository(place);
  const samara_hash add = repository.add("\nfn inc(x: Integer) -> Integer { x + 1 }\n");
  Worker worker(place, "cpp,wasm");
  worker.serve([&](samara_request* request) {
    CHECK(samara_request_kind(request) == SAMARA_REQUEST_FUNCTION);
    Repository own(place);
    CHECK(samara_request_run(request, own.handle) == SAMARA_OK);
  });
  samara_call_options options{};
  options.place = "cpp";
  CHECK_TEXT(repository.call(add, {"41"}, options), "42");
  CHECK(worker.served == 1);
  CHECK_TEXT(repository.call(add, {"41"}, options), "42");
  CHECK(repository.from_memo);
  options.place = "wasm";
  CHECK_TEXT(repository.call(add, {"9223372036854775807"}, options), "-9223372036854775808");
  options.place = "nowhere";
  check(holds(repository.call(add, {"1"}, options), "no worker serves the queue 'nowhere'"),
        "nobody serves it", __LINE__);
}

}  // namespace

int main() {
  what_a_worker_offers_is_called_by_east();
  another_implementation_is_another_call();
  types_are_compared_before_anything_runs();
  errors_keep_their_locations();
  a_wrong_value_is_no_answer();
  large_values_go_as_objects();
  a_script_brings_its_source();
  a_deadline_ends_the_wait();
  calls_inside_requests_find_circles();
  east_runs_in_a_worker_for_its_caller();
  std::printf("%d checks passed, %d failed\n", g_passed, g_failed);
  return g_failed == 0 ? 0 : 1;
}
