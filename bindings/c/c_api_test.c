/* The C interface from a program in plain C11 that sees samara.h and nothing else.
 * usage: c_api_test FOLDER-OF-PROGRAMS */

#include <samara/samara.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed = 0;
static int failed = 0;

static void check(int good, const char* what, int line) {
  if (good) {
    passed++;
    return;
  }
  failed++;
  fprintf(stderr, "line %d: failed: %s\n", line, what);
}
#define CHECK(condition) check((condition) != 0, #condition, __LINE__)

static samara_view text_view(const char* text) {
  samara_view view;
  view.data = (const uint8_t*)text;
  view.size = strlen(text);
  return view;
}

static samara_view bytes_view(samara_bytes bytes) {
  samara_view view;
  view.data = bytes.data;
  view.size = bytes.size;
  return view;
}

static int text_is(samara_bytes bytes, const char* text) {
  return bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}

static int contains(const char* text, const char* part) { return strstr(text, part) != NULL; }

static char* read_file(const char* folder, const char* name) {
  char path[4096];
  char* text = NULL;
  long size = 0;
  FILE* file = NULL;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  file = fopen(path, "rb");
  if (file == NULL) return NULL;
  fseek(file, 0, SEEK_END);
  size = ftell(file);
  rewind(file);
  text = calloc((size_t)size + 1, 1);
  if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) text[0] = 0;
  fclose(file);
  return text;
}

/* Doubles an Integer. It has a repository of its own to read and write the values with. */
struct doubler {
  samara_repository* repository;
  int calls;
};

static int32_t host_double(void* user, const samara_view* arguments, size_t count,
                           samara_bytes* result, samara_bytes* error) {
  struct doubler* self = user;
  samara_bytes text = {0};
  char digits[32];
  long long number = 0;
  self->calls++;
  if (count != 1) return 1;
  if (samara_convert(self->repository, SAMARA_BEAST2, arguments[0], NULL, SAMARA_TEXT, &text) !=
      SAMARA_OK) {
    return 1;
  }
  number = strtoll((const char*)text.data, NULL, 10);
  samara_bytes_free(&text);
  if (number < 0) {
    static const char message[] = "nothing below zero is doubled";
    error->data = samara_alloc(sizeof message);
    memcpy(error->data, message, sizeof message);
    error->size = sizeof message - 1;
    return 1;
  }
  if (number == 13) { /* a value of another type */
    return samara_convert(self->repository, SAMARA_TEXT, text_view("\"thirteen\""), NULL,
                          SAMARA_BEAST2, result);
  }
  snprintf(digits, sizeof digits, "%lld", 2 * number);
  return samara_convert(self->repository, SAMARA_TEXT, text_view(digits), ".Integer", SAMARA_BEAST2,
                        result);
}

static int32_t register_doubler(samara_repository* repository, struct doubler* self,
                                const char* name) {
  static const char* const inputs[] = {".Integer"};
  samara_platform_function function;
  memset(&function, 0, sizeof function);
  function.struct_size = sizeof function;
  function.name = name;
  function.inputs = inputs;
  function.input_count = 1;
  function.output = ".Integer";
  function.effect = SAMARA_PURE;
  function.version = "1";
  function.call = host_double;
  function.user = self;
  return samara_register(repository, &function);
}

static void test_library(void) {
  samara_hash hash;
  char text[65];
  CHECK(samara_api_version() >= SAMARA_API_VERSION);
  CHECK(strlen(samara_version()) > 0);
  CHECK(strcmp(samara_code_text(SAMARA_NOT_FOUND), "there is no such thing") == 0);
  CHECK(strlen(samara_code_text(-77)) > 0);
  CHECK(samara_hash_parse("xyz", &hash) == SAMARA_CORRUPT);
  CHECK(samara_hash_parse("00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff",
                          &hash) == SAMARA_OK);
  samara_hash_text(&hash, text);
  CHECK(strcmp(text, "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff") == 0);
  samara_close(NULL);
  samara_bytes_free(NULL);
}

static void test_opening(const char* path) {
  samara_repository* repository = NULL;
  samara_hash hash;
  CHECK(samara_open("/nonexistent/samara", &repository) == SAMARA_NO_REPOSITORY);
  CHECK(repository != NULL);
  CHECK(contains(samara_error(repository), "/nonexistent/samara"));
  CHECK(samara_put(repository, SAMARA_TEXT, text_view("1"), NULL, &hash) ==
        SAMARA_INVALID_ARGUMENT);
  samara_close(repository);
  CHECK(samara_init(path, &repository) == SAMARA_EXISTS);
  samara_close(repository);
}

static void test_values(samara_repository* repository) {
  static const char row[] = "(name=\"pump\", speed=[1.5, 2.0])";
  static const char row_type[] =
      ".Struct [(name=\"name\", type=.String), (name=\"speed\", type=.Array .Float)]";
  samara_hash from_text;
  samara_hash from_json;
  samara_hash from_beast2;
  samara_bytes bytes = {0};
  CHECK(samara_put(repository, SAMARA_TEXT, text_view(row), row_type, &from_text) == SAMARA_OK);
  CHECK(samara_put(repository, SAMARA_JSON, text_view("{\"name\":\"pump\",\"speed\":[1.5,2]}"),
                   row_type, &from_json) == SAMARA_OK);
  CHECK(memcmp(&from_text, &from_json, sizeof from_text) == 0);
  CHECK(samara_get(repository, &from_text, SAMARA_BEAST2, &bytes) == SAMARA_OK);
  CHECK(samara_put(repository, SAMARA_BEAST2, bytes_view(bytes), NULL, &from_beast2) == SAMARA_OK);
  CHECK(memcmp(&from_text, &from_beast2, sizeof from_text) == 0);
  samara_bytes_free(&bytes);
  CHECK(samara_get(repository, &from_text, SAMARA_TEXT, &bytes) == SAMARA_OK);
  CHECK(text_is(bytes, row));
  CHECK(bytes.data[bytes.size] == 0);
  samara_bytes_free(&bytes);
  CHECK(samara_get(repository, &from_text, SAMARA_JSON, &bytes) == SAMARA_OK);
  CHECK(contains((const char*)bytes.data, "\"pump\""));
  samara_bytes_free(&bytes);
  CHECK(samara_type_of(repository, &from_text, &bytes) == SAMARA_OK);
  CHECK(text_is(bytes, row_type));
  samara_bytes_free(&bytes);

  CHECK(samara_put(repository, SAMARA_TEXT, text_view("[1, 2"), ".Array .Integer", &from_text) ==
        SAMARA_CORRUPT);
  CHECK(contains(samara_error(repository), "line 1"));
  CHECK(samara_put(repository, SAMARA_TEXT, text_view("1"), ".Nonsense", &from_text) ==
        SAMARA_INVALID_ARGUMENT);
  CHECK(contains(samara_error(repository), ".Nonsense"));
  CHECK(samara_put(repository, SAMARA_JSON, text_view("1"), NULL, &from_text) ==
        SAMARA_INVALID_ARGUMENT);
  CHECK(samara_put(repository, 99, text_view("1"), NULL, &from_text) == SAMARA_INVALID_ARGUMENT);
  memset(&from_text, 7, sizeof from_text);
  CHECK(samara_get(repository, &from_text, SAMARA_TEXT, &bytes) == SAMARA_NOT_FOUND);
  CHECK(bytes.data == NULL);
}

static void test_names(samara_repository* repository) {
  samara_hash value;
  samara_hash found;
  char text[65];
  CHECK(samara_put(repository, SAMARA_TEXT, text_view("\"named\""), NULL, &value) == SAMARA_OK);
  CHECK(samara_ref_set(repository, "things/one", &value) == SAMARA_OK);
  CHECK(samara_resolve(repository, "things/one", &found) == SAMARA_OK);
  CHECK(memcmp(&found, &value, sizeof found) == 0);
  samara_hash_text(&value, text);
  text[10] = 0;
  CHECK(samara_resolve(repository, text, &found) == SAMARA_OK);
  CHECK(samara_ref_remove(repository, "things/one") == SAMARA_OK);
  CHECK(samara_resolve(repository, "things/one", &found) == SAMARA_NOT_FOUND);
}

static void test_calls(samara_repository* repository, struct doubler* doubler, const char* folder) {
  char* program = read_file(folder, "double_plus_one.json");
  samara_hash function;
  samara_hash found;
  samara_hash number;
  samara_bytes text = {0};
  samara_argument argument;
  samara_result result;
  CHECK(program != NULL);
  if (program == NULL) return;
  CHECK(samara_add_function(repository, text_view(program), "double", &function) == SAMARA_OK);
  CHECK(samara_resolve(repository, "double", &found) == SAMARA_OK);
  CHECK(memcmp(&found, &function, sizeof found) == 0);
  CHECK(samara_put(repository, SAMARA_TEXT, text_view("30"), NULL, &number) == SAMARA_OK);
  memset(&argument, 0, sizeof argument);
  argument.id = &number;
  CHECK(samara_call(repository, &function, &argument, 1, NULL, &result) == SAMARA_OK);
  CHECK(result.outcome == SAMARA_OUTCOME_VALUE);
  CHECK(result.from_memo == 0);
  CHECK(doubler->calls == 1);
  CHECK(contains((const char*)result.reason.data, "never been run before"));
  CHECK(samara_convert(repository, SAMARA_BEAST2, bytes_view(result.value), NULL, SAMARA_TEXT,
                       &text) == SAMARA_OK);
  CHECK(text_is(text, "61"));
  samara_bytes_free(&text);
  CHECK(samara_why(repository, &result.call, &text) == SAMARA_OK);
  CHECK(contains((const char*)text.data, "attempt 1"));
  samara_bytes_free(&text);
  samara_result_free(&result);

  /* The same argument as bytes is the same call. */
  argument.id = NULL;
  CHECK(samara_get(repository, &number, SAMARA_BEAST2, &text) == SAMARA_OK);
  argument.value = bytes_view(text);
  CHECK(samara_call(repository, &function, &argument, 1, NULL, &result) == SAMARA_OK);
  CHECK(result.from_memo == 1);
  CHECK(doubler->calls == 1);
  samara_result_free(&result);
  samara_bytes_free(&text);

  CHECK(samara_call(repository, &function, NULL, 0, NULL, &result) == SAMARA_INVALID_ARGUMENT);
  CHECK(contains(samara_error(repository), "takes 1 argument, 0 given"));
  CHECK(register_doubler(repository, doubler, "too_late") == SAMARA_CONFLICT);

  /* An East error of the platform function, and a result of the wrong type. */
  CHECK(samara_put(repository, SAMARA_TEXT, text_view("-1"), NULL, &number) == SAMARA_OK);
  argument.id = &number;
  CHECK(samara_call(repository, &function, &argument, 1, NULL, &result) == SAMARA_OK);
  CHECK(result.outcome == SAMARA_OUTCOME_ERROR);
  CHECK(text_is(result.message, "host_double:0:0: nothing below zero is doubled"));
  samara_result_free(&result);
  CHECK(samara_put(repository, SAMARA_TEXT, text_view("13"), NULL, &number) == SAMARA_OK);
  CHECK(samara_call(repository, &function, &argument, 1, NULL, &result) == SAMARA_OK);
  CHECK(result.outcome == SAMARA_OUTCOME_TRAP);
  CHECK(contains((const char*)result.message.data, "host_double"));
  samara_result_free(&result);
  free(program);
}

static void test_outcomes(samara_repository* repository, const char* folder) {
  char* fail = read_file(folder, "fail.json");
  char* spin = read_file(folder, "spin.json");
  samara_hash function;
  samara_hash message;
  samara_argument argument;
  samara_call_options options;
  samara_result result;
  CHECK(fail != NULL && spin != NULL);
  if (fail == NULL || spin == NULL) return;
  memset(&argument, 0, sizeof argument);
  CHECK(samara_add_function(repository, text_view(fail), NULL, &function) == SAMARA_OK);
  CHECK(samara_put(repository, SAMARA_TEXT, text_view("\"no such model\""), NULL, &message) ==
        SAMARA_OK);
  argument.id = &message;
  CHECK(samara_call(repository, &function, &argument, 1, NULL, &result) == SAMARA_OK);
  CHECK(result.outcome == SAMARA_OUTCOME_ERROR);
  CHECK(text_is(result.message, "fail.east:14:7: no such model"));
  CHECK(result.value.data == NULL);
  samara_result_free(&result);

  memset(&options, 0, sizeof options);
  CHECK(samara_add_function(repository, text_view(spin), NULL, &function) == SAMARA_OK);
  CHECK(samara_call(repository, &function, NULL, 0, &options, &result) == SAMARA_INVALID_ARGUMENT);
  options.struct_size = sizeof options;
  options.wall_ms_max = 30;
  options.name = "spin";
  CHECK(samara_call(repository, &function, NULL, 0, &options, &result) == SAMARA_OK);
  CHECK(result.outcome == SAMARA_OUTCOME_TIMEOUT);
  CHECK(result.wall_ns >= 30000000u);
  samara_result_free(&result);
  options.wall_ms_max = 0;
  options.steps_max = 1000;
  CHECK(samara_call(repository, &function, NULL, 0, &options, &result) == SAMARA_OK);
  CHECK(result.outcome == SAMARA_OUTCOME_LIMIT);
  samara_result_free(&result);

  CHECK(samara_add_function(repository, text_view("{}"), NULL, &function) == SAMARA_CORRUPT);
  CHECK(strlen(samara_error(repository)) > 0);
  free(fail);
  free(spin);
}

/* A value is made piece by piece, written, read and looked at. */
static void test_trees(void) {
  static const char row_type[] =
      ".Struct [(name=\"name\", type=.String), (name=\"speed\", type=.Array .Float), "
      "(name=\"state\", type=.Variant [(name=\"off\", type=.Null), (name=\"on\", type=.Integer)])]";
  samara_values* values = samara_values_new();
  const samara_type* type = NULL;
  const samara_type* again = NULL;
  samara_tree* tree = NULL;
  samara_tree* read = NULL;
  samara_bytes bytes = {0};
  samara_bytes text = {0};
  samara_slot fields[3];
  samara_slot numbers[2];
  samara_slot row = 0;
  CHECK(samara_type_parse(values, ".Nonsense", &type) == SAMARA_INVALID_ARGUMENT);
  CHECK(contains(samara_values_error(values), ".Nonsense"));
  CHECK(samara_type_parse(values, row_type, &type) == SAMARA_OK);
  CHECK(samara_type_parse(values, row_type, &again) == SAMARA_OK);
  CHECK(type == again);
  CHECK(samara_type_kind(type) == SAMARA_KIND_STRUCT && samara_type_count(type) == 3);
  CHECK(samara_type_kind(samara_type_part(type, 1)) == SAMARA_KIND_ARRAY);
  CHECK(samara_type_name(type, 1).size == 5);
  CHECK(samara_type_text(values, type, &text) == SAMARA_OK && text_is(text, row_type));
  samara_bytes_free(&text);

  CHECK(samara_tree_new(values, &tree) == SAMARA_OK);
  CHECK(samara_new_text(tree, text_view("pump"), &fields[0]) == SAMARA_OK);
  CHECK(samara_new_text(tree, text_view("\xff"), &row) == SAMARA_INVALID_ARGUMENT);
  numbers[0] = samara_slot_of_float(1.5);
  numbers[1] = samara_slot_of_float(2);
  CHECK(samara_new_array(tree, numbers, 2, &fields[1]) == SAMARA_OK);
  CHECK(samara_new_variant(tree, samara_type_part(type, 2), 2, 0, &fields[2]) ==
        SAMARA_INVALID_ARGUMENT);
  CHECK(samara_new_variant(tree, samara_type_part(type, 2), 1, 7, &fields[2]) == SAMARA_OK);
  CHECK(samara_new_struct(tree, fields, 3, &row) == SAMARA_OK);
  CHECK(samara_tree_write(tree, type, row, SAMARA_TEXT, &text) == SAMARA_OK);
  CHECK(text_is(text, "(name=\"pump\", speed=[1.5, 2.0], state=.on 7)"));
  samara_bytes_free(&text);
  CHECK(samara_tree_write(tree, type, row, SAMARA_BEAST2, &bytes) == SAMARA_OK);
  samara_tree_free(tree);

  CHECK(samara_tree_read(values, SAMARA_BEAST2, bytes_view(bytes), NULL, &read) == SAMARA_OK);
  CHECK(samara_tree_type(read) == type);
  row = samara_tree_root(read);
  CHECK(samara_slot_bytes(samara_slot_field(row, 0)).size == 4);
  CHECK(samara_slot_count(samara_type_part(type, 1), samara_slot_field(row, 1)) == 2);
  CHECK(samara_slot_elements(samara_slot_field(row, 1))[0] == numbers[0]);
  CHECK(samara_slot_case(samara_slot_field(row, 2)) == 1);
  CHECK(samara_slot_payload(samara_slot_field(row, 2)) == 7);
  samara_tree_free(read);
  bytes.size--;
  CHECK(samara_tree_read(values, SAMARA_BEAST2, bytes_view(bytes), NULL, &read) == SAMARA_CORRUPT);
  CHECK(read == NULL);
  samara_bytes_free(&bytes);
  samara_values_free(values);
}

/* Sets, dictionaries, references and cycles. */
static void test_containers(void) {
  samara_values* values = samara_values_new();
  const samara_type* type = NULL;
  samara_tree* tree = NULL;
  samara_bytes text = {0};
  samara_slot slot = 0;
  samara_slot keys[2];
  samara_slot found[2];
  CHECK(samara_tree_new(values, &tree) == SAMARA_OK);
  CHECK(samara_type_parse(values, ".Dict (key=.Integer, value=.Boolean)", &type) == SAMARA_OK);
  CHECK(samara_new_sorted(tree, type, &slot) == SAMARA_OK);
  CHECK(samara_sorted_put(tree, type, slot, 9, 0) == SAMARA_OK);
  CHECK(samara_sorted_put(tree, type, slot, 3, 1) == SAMARA_OK);
  CHECK(samara_sorted_put(tree, type, slot, 9, 1) == SAMARA_OK);
  CHECK(samara_slot_count(type, slot) == 2);
  samara_slot_entries(slot, keys, found);
  CHECK(keys[0] == 3 && keys[1] == 9 && found[1] == 1);
  CHECK(samara_tree_write(tree, type, slot, SAMARA_TEXT, &text) == SAMARA_OK);
  CHECK(text_is(text, "{3:true,9:true}"));
  samara_bytes_free(&text);

  /* An array that holds itself. */
  CHECK(samara_type_parse(values, ".Array .Recursive 1", &type) == SAMARA_OK);
  CHECK(samara_new_array(tree, NULL, 1, &slot) == SAMARA_OK);
  samara_slot_set(type, slot, 0, slot);
  CHECK(samara_tree_write(tree, type, slot, SAMARA_BEAST2, &text) == SAMARA_OK);
  CHECK(text.size > 3 && memcmp(text.data + text.size - 3, "\0\1\1", 3) == 0);
  samara_bytes_free(&text);

  CHECK(samara_type_parse(values, ".Ref .Integer", &type) == SAMARA_OK);
  CHECK(samara_new_ref(tree, 4, &slot) == SAMARA_OK);
  CHECK(samara_slot_content(slot) == 4);
  samara_slot_set(type, slot, 0, 5);
  CHECK(samara_slot_content(slot) == 5);
  samara_tree_free(tree);
  samara_values_free(values);
}

/* Numbers side by side: stored in one pass, found where they are. */
static void test_packed(samara_repository* repository) {
  static const double numbers[4] = {1.5, -0.0, 3, 4};
  samara_values* values = samara_values_new();
  const samara_type* type = NULL;
  samara_packed packed = {(const uint8_t*)numbers, 1, 4, 8};
  samara_packed found = {NULL, 0, 0, 0};
  samara_mapped* mapped = NULL;
  samara_bytes text = {0};
  samara_hash once;
  samara_hash twice;
  CHECK(samara_put_packed(repository, ".Array .Float", &packed, 0, &once) == SAMARA_OK);
  CHECK(samara_put(repository, SAMARA_TEXT, text_view("[1.5, -0.0, 3.0, 4.0]"), ".Array .Float",
                   &twice) == SAMARA_OK);
  CHECK(memcmp(&once, &twice, sizeof once) == 0);
  CHECK(samara_map(repository, &once, &mapped) == SAMARA_OK);
  CHECK(samara_packed_find(values, samara_mapped_bytes(mapped), &type, &found) == SAMARA_OK);
  CHECK(samara_type_kind(type) == SAMARA_KIND_ARRAY);
  CHECK(found.rows == 1 && found.columns == 4 && memcmp(found.data, numbers, 32) == 0);
  samara_mapped_free(mapped);
  packed.rows = 2;
  packed.columns = 2;
  CHECK(samara_put_packed(repository, ".Array .Float", &packed, 0, &once) ==
        SAMARA_INVALID_ARGUMENT);
  CHECK(samara_put_packed(repository, ".Matrix .Float", &packed, 1, &once) == SAMARA_OK);
  CHECK(samara_get(repository, &once, SAMARA_TEXT, &text) == SAMARA_OK);
  CHECK(contains((const char*)text.data, "1.5"));
  samara_bytes_free(&text);
  CHECK(samara_put_packed(repository, ".Array .Integer", &packed, 0, &once) == SAMARA_UNSUPPORTED);
  memset(&once, 7, sizeof once);
  CHECK(samara_map(repository, &once, &mapped) == SAMARA_NOT_FOUND);
  samara_values_free(values);
}

static void test_source(samara_repository* repository) {
  static const char source[] = "fn twice(n: Integer) -> Integer {\n  n + n\n}\n";
  samara_bytes list = {0};
  samara_bytes text = {0};
  samara_hash function;
  samara_argument argument;
  samara_call_options options;
  samara_result result;
  CHECK(samara_add_source(repository, text_view(source), "twice.east", NULL, NULL, &list) ==
        SAMARA_OK);
  CHECK(samara_convert(repository, SAMARA_BEAST2, bytes_view(list), NULL, SAMARA_TEXT, &text) ==
        SAMARA_OK);
  CHECK(contains((const char*)text.data, "name=\"twice\""));
  samara_bytes_free(&list);
  samara_bytes_free(&text);
  CHECK(samara_functions(repository, &list) == SAMARA_OK && list.size > 0);
  samara_bytes_free(&list);
  CHECK(samara_resolve(repository, "twice", &function) == SAMARA_OK);
  CHECK(samara_signature(repository, &function, &text) == SAMARA_OK);
  CHECK(text_is(text, ".Function (inputs=[.Integer], output=.Integer)"));
  samara_bytes_free(&text);
  CHECK(samara_add_source(repository, text_view("fn twice("), NULL, NULL, NULL, &list) ==
        SAMARA_CHECK_FAILED);
  CHECK(contains(samara_error(repository), "<source>"));
  CHECK(samara_add_source(repository, text_view(source), NULL, "thrice", NULL, &list) ==
        SAMARA_NOT_FOUND);

  /* A large result may stay where it is; options of version 1 know nothing of it. */
  memset(&argument, 0, sizeof argument);
  memset(&options, 0, sizeof options);
  CHECK(samara_put(repository, SAMARA_TEXT, text_view("21"), NULL, &function) == SAMARA_OK);
  argument.id = &function;
  {
    samara_hash twice;
    CHECK(samara_resolve(repository, "twice", &twice) == SAMARA_OK);
    options.struct_size = sizeof options;
    options.value_bytes_max = 1;
    CHECK(samara_call(repository, &twice, &argument, 1, &options, &result) == SAMARA_OK);
    CHECK(result.outcome == SAMARA_OUTCOME_VALUE && result.value.data == NULL);
    samara_result_free(&result);
    options.struct_size = offsetof(samara_call_options, value_bytes_max);
    CHECK(samara_call(repository, &twice, &argument, 1, &options, &result) == SAMARA_OK);
    CHECK(result.value.data != NULL);
    samara_result_free(&result);
  }
}

int main(int count, char** arguments) {
  char directory[] = "/tmp/samara-c-XXXXXX";
  char path[sizeof directory + 16];
  char command[sizeof path + 16];
  samara_repository* repository = NULL;
  struct doubler doubler = {NULL, 0};
  if (count != 2) {
    fprintf(stderr, "usage: c_api_test FOLDER-OF-PROGRAMS\n");
    return 2;
  }
  /* C11 alone knows no directories: the shell makes and removes it. */
  snprintf(directory, sizeof directory, "/tmp/samara-c-%06u",
           (unsigned)((size_t)&count / 16 % 1000000));
  snprintf(path, sizeof path, "%s/repository", directory);
  snprintf(command, sizeof command, "mkdir %s", directory);
  if (system(command) != 0) return 2;

  test_library();
  CHECK(samara_init(path, &repository) == SAMARA_OK);
  doubler.repository = NULL;
  CHECK(samara_open(path, &doubler.repository) == SAMARA_OK);
  CHECK(register_doubler(repository, &doubler, "host_double") == SAMARA_OK);
  CHECK(register_doubler(repository, &doubler, "host_double") == SAMARA_EXISTS);
  CHECK(samara_grant(repository, "time") == SAMARA_OK);
  test_opening(path);
  test_values(repository);
  test_names(repository);
  test_calls(repository, &doubler, arguments[1]);
  test_outcomes(repository, arguments[1]);
  test_trees();
  test_containers();
  test_packed(repository);
  test_source(repository);
  samara_close(repository);
  samara_close(doubler.repository);

  snprintf(command, sizeof command, "rm -rf %s", directory);
  if (system(command) != 0) failed++;
  printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
