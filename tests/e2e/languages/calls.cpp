// language_calls REPOSITORY CASES [QUEUE]: the C++ member of the programs that call the same
// functions in every language; what they print is in languages_test.py.

#include <samara/samara.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

samara_view view(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string text_of(samara_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}
std::string text_of(const samara_bytes& bytes) {
  return text_of(samara_view{bytes.data, bytes.size});
}

std::string hex(const std::string& text) {
  std::string out;
  for (const char c : text) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned>(static_cast<uint8_t>(c)));
    out += digits;
  }
  return out;
}
std::string hex(const samara_hash& hash) {
  char text[65];
  samara_hash_text(&hash, text);
  return text;
}

// "file:line:column", one line each.
std::string places(samara_values* values, const samara_bytes& beast2) {
  samara_tree* tree = nullptr;
  std::string out;
  if (samara_tree_read(values, SAMARA_BEAST2, {beast2.data, beast2.size}, nullptr, &tree) == 0) {
    const samara_slot list = samara_tree_root(tree);
    const size_t count = samara_slot_count(samara_tree_type(tree), list);
    for (size_t i = 0; i < count; i++) {
      const samara_slot place = samara_slot_elements(list)[i];
      if (i > 0) out += '\n';
      out += text_of(samara_slot_bytes(samara_slot_field(place, 0))) + ":" +
             std::to_string(static_cast<int64_t>(samara_slot_field(place, 1))) + ":" +
             std::to_string(static_cast<int64_t>(samara_slot_field(place, 2)));
    }
    samara_tree_free(tree);
  }
  return out;
}

// The value once more, as if it had been made here.
std::string put_again(samara_repository* repository, samara_values* values,
                      const samara_bytes& beast2) {
  samara_tree* tree = nullptr;
  if (samara_tree_read(values, SAMARA_BEAST2, {beast2.data, beast2.size}, nullptr, &tree) != 0) {
    return samara_values_error(values);
  }
  samara_bytes again = {};
  samara_hash id = {};
  int32_t code = samara_tree_write(tree, samara_tree_type(tree), samara_tree_root(tree),
                                   SAMARA_BEAST2, &again);
  std::string out = code == 0 ? "" : samara_values_error(values);
  if (code == 0) {
    code = samara_put(repository, SAMARA_BEAST2, {again.data, again.size}, nullptr, &id);
    out = code == 0 ? hex(id) : samara_error(repository);
  }
  samara_bytes_free(&again);
  samara_tree_free(tree);
  return out;
}

struct Case {
  std::string name;
  std::string program;
  std::vector<std::string> arguments;
};

std::string outcome(samara_repository* repository, samara_values* values, const Case& each,
                    const char* queue) {
  const std::string refused = "refused\t";
  const std::string program = contents(each.program);
  samara_hash function = {};
  if (samara_add_function(repository, view(program), nullptr, &function) != 0) {
    return refused + hex(samara_error(repository));
  }
  std::vector<samara_hash> ids(each.arguments.size());
  std::vector<samara_argument> arguments(ids.size());
  for (size_t i = 0; i < ids.size(); i++) {
    const std::string bytes = contents(each.arguments[i]);
    if (samara_put(repository, SAMARA_BEAST2, view(bytes), nullptr, &ids[i]) != 0) {
      return refused + hex(samara_error(repository));
    }
    arguments[i].id = &ids[i];
  }
  samara_call_options options = {};
  options.struct_size = sizeof(options);
  options.no_memo = 1;
  options.place = queue;
  samara_result result = {};
  if (samara_call(repository, &function, arguments.data(), arguments.size(), &options, &result) !=
      0) {
    return refused + hex(samara_error(repository));
  }
  std::string out;
  if (result.outcome == SAMARA_OUTCOME_VALUE) {
    out = "value\t" + hex(result.value_id) + "\t" + put_again(repository, values, result.value);
  } else if (result.outcome == SAMARA_OUTCOME_ERROR) {
    samara_bytes message = {};
    samara_bytes locations = {};
    samara_last_outcome(repository, &message, &locations);
    out = "error\t" + hex(text_of(message)) + "\t" + hex(places(values, locations));
    samara_bytes_free(&message);
    samara_bytes_free(&locations);
  } else {
    out = "outcome " + std::to_string(result.outcome) + "\t" + hex(text_of(result.message));
  }
  samara_result_free(&result);
  return out;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  samara_repository* repository = nullptr;
  if (samara_open(words[1], &repository) != 0) {
    std::fprintf(stderr, "%s\n", samara_error(repository));
    return 1;
  }
  samara_values* values = samara_values_new();
  std::ifstream cases(words[2]);
  for (std::string line; std::getline(cases, line);) {
    std::istringstream parts(line);
    Case each;
    parts >> each.name >> each.program;
    for (std::string path; parts >> path;) each.arguments.push_back(path);
    const std::string said = outcome(repository, values, each, count > 3 ? words[3] : nullptr);
    std::printf("%s\t%s\n", each.name.c_str(), said.c_str());
  }
  samara_values_free(values);
  samara_close(repository);
  return 0;
}
