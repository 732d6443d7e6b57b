/* Samara's C interface: repositories, values, functions and calls. Other languages build on this
 * alone.
 *
 * Interface version 3. It grows at its end only: functions are added, structs that a caller fills
 * in begin with their own size, codes and formats keep their numbers.
 *
 * Every call returns SAMARA_OK or a code; samara_error() then has the message for people. A handle
 * and what it returned belong to one thread at a time; open as many handles as there are threads.
 * Only samara_cancel() may be called from elsewhere; what belongs to workers says its own rule.
 * What the library allocated is freed by the library: samara_bytes_free, samara_result_free,
 * samara_close.
 *
 * Documented in docs/formats/ (values, functions, calls) and docs/guide/c-api.md.
 */
#ifndef SAMARA_SAMARA_H
#define SAMARA_SAMARA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SAMARA_API __attribute__((visibility("default")))
#else
#define SAMARA_API
#endif

#define SAMARA_API_VERSION 3

/* --- codes
 * ---------------------------------------------------------------------------------------- */

enum {
  SAMARA_OK = 0,
  SAMARA_CORRUPT = 1,          /* the data is damaged or not in the expected format */
  SAMARA_UNSUPPORTED = 2,      /* a version or feature is not supported */
  SAMARA_EXHAUSTED = 3,        /* a limit was reached */
  SAMARA_TYPE_MISMATCH = 4,    /* a value does not have the expected type */
  SAMARA_NOT_FOUND = 5,        /* there is no such thing */
  SAMARA_EXISTS = 6,           /* it exists already */
  SAMARA_AMBIGUOUS = 7,        /* the name stands for more than one thing */
  SAMARA_INVALID_ARGUMENT = 8, /* an argument is not valid */
  SAMARA_IO = 9,               /* the operating system reported an error */
  SAMARA_DISK_FULL = 10,       /* there is no space left */
  SAMARA_PERMISSION = 11,      /* permission denied, or a capability that is not granted */
  SAMARA_LOCKED = 12,          /* somebody else holds the lock */
  SAMARA_CANCELLED = 13,       /* the operation was cancelled */
  SAMARA_TIMEOUT = 14,         /* the time limit was reached */
  SAMARA_NO_REPOSITORY = 15,   /* no repository was found */
  SAMARA_CONFLICT = 16,        /* it was changed by somebody else meanwhile */
  SAMARA_NOT_TRUSTED = 17,     /* the signature or key is not trusted */
  SAMARA_GUEST_FAILED = 18,    /* the program that was run failed */
  SAMARA_CHECK_FAILED = 19     /* the program breaks a rule of its language */
};

/* --- data
 * ----------------------------------------------------------------------------------------- */

/* An open repository with the runtime that calls its functions. */
typedef struct samara_repository samara_repository;

/* The id of an object: the SHA-256 of its bytes. */
typedef struct samara_hash {
  uint8_t bytes[32];
} samara_hash;

/* Bytes of the caller's; not kept after the call. */
typedef struct samara_view {
  const uint8_t* data;
  size_t size;
} samara_view;

/* Bytes of the library's; a zero follows behind the last one. Start with {0}. */
typedef struct samara_bytes {
  uint8_t* data;
  size_t size;
} samara_bytes;

/* How a value is written. */
enum {
  SAMARA_BEAST2 = 1, /* binary, self-describing; both dialects are read, dialect B is written */
  SAMARA_TEXT = 2,   /* East text */
  SAMARA_JSON = 3    /* East JSON; needs a type to be read */
};

/* How a call ended. */
enum {
  SAMARA_OUTCOME_VALUE = 0,
  SAMARA_OUTCOME_ERROR = 1,     /* an East error with its location stack */
  SAMARA_OUTCOME_TRAP = 2,      /* the function did what it must not */
  SAMARA_OUTCOME_CRASH = 3,     /* the process that ran it died */
  SAMARA_OUTCOME_TIMEOUT = 4,   /* the deadline passed */
  SAMARA_OUTCOME_MEMORY = 5,    /* the memory limit was reached */
  SAMARA_OUTCOME_CANCELLED = 6, /* samara_cancel */
  SAMARA_OUTCOME_LOST = 7,      /* whoever ran it is gone */
  SAMARA_OUTCOME_LIMIT = 8      /* another limit: steps, depth, output */
};

/* What repeating a call of a platform function does. */
enum {
  SAMARA_PURE = 0,       /* the same answer each time and nothing else */
  SAMARA_IDEMPOTENT = 1, /* once or several times makes no difference */
  SAMARA_EFFECTFUL = 2   /* each time counts */
};

/* --- the library
 * -------------------------------------------------------------------------------------- */

/* The interface version of the library that is loaded; at least SAMARA_API_VERSION. */
SAMARA_API uint32_t samara_api_version(void);
/* "0.1.0". */
SAMARA_API const char* samara_version(void);
/* A sentence for a code; never null. */
SAMARA_API const char* samara_code_text(int32_t code);

SAMARA_API void samara_bytes_free(samara_bytes* bytes);
/* Memory for results of platform functions, which the library frees. */
SAMARA_API uint8_t* samara_alloc(size_t size);

/* 64 hex digits and a zero. */
SAMARA_API void samara_hash_text(const samara_hash* hash, char text[65]);
SAMARA_API int32_t samara_hash_parse(const char* text, samara_hash* out);

/* --- repositories
 * ------------------------------------------------------------------------------------- */

/* Makes a repository in a directory that does not exist or is empty, and opens it.
 * `*out` is set also on failure, for samara_error; close it in any case. */
SAMARA_API int32_t samara_init(const char* path, samara_repository** out);
/* Opens a repository. `*out` as above. */
SAMARA_API int32_t samara_open(const char* path, samara_repository** out);
/* Null is allowed. */
SAMARA_API void samara_close(samara_repository* repository);
/* The message of the last call on this handle that failed; valid until the next call on it. */
SAMARA_API const char* samara_error(const samara_repository* repository);

/* --- values
 * --------------------------------------------------------------------------------------------- */

/* Stores a value; its id depends on the value alone, not on the form it came in.
 * `type`: East text of its type, such as ".Array .Float". May be null for SAMARA_BEAST2, which
 * carries it, and for SAMARA_TEXT, where it then follows from the text. */
SAMARA_API int32_t samara_put(samara_repository* repository, int32_t format, samara_view value,
                              const char* type, samara_hash* out);
/* A stored value in the form asked for. */
SAMARA_API int32_t samara_get(samara_repository* repository, const samara_hash* id, int32_t format,
                              samara_bytes* out);
/* East text of a stored value's type. */
SAMARA_API int32_t samara_type_of(samara_repository* repository, const samara_hash* id,
                                  samara_bytes* out);
/* A value from one form to another; nothing is stored. `type` as in samara_put. */
SAMARA_API int32_t samara_convert(samara_repository* repository, int32_t from, samara_view value,
                                  const char* type, int32_t to, samara_bytes* out);

/* --- names
 * ---------------------------------------------------------------------------------------------- */

/* The object that a text names: a function's name, a ref, a hash or a unique beginning of one. */
SAMARA_API int32_t samara_resolve(samara_repository* repository, const char* text,
                                  samara_hash* out);
/* Sets a ref to an object that is there. */
SAMARA_API int32_t samara_ref_set(samara_repository* repository, const char* name,
                                  const samara_hash* target);
SAMARA_API int32_t samara_ref_remove(samara_repository* repository, const char* name);

/* --- platform functions
 * --------------------------------------------------------------------------------- */

/* Runs a platform function. Arguments are beast2 values of the declared input types.
 * Returns 0 and sets `result` to a beast2 value of the output type, in memory of samara_alloc; or
 * returns something else and may set `error` to a message, likewise: an East error, which the
 * program can catch. */
typedef int32_t (*samara_platform_call)(void* user, const samara_view* arguments, size_t count,
                                        samara_bytes* result, samara_bytes* error);

typedef struct samara_platform_function {
  size_t struct_size; /* sizeof(samara_platform_function) */
  const char* name;
  const char* const* inputs; /* East text of the input types */
  size_t input_count;
  const char* output;  /* East text of the output type */
  int32_t effect;      /* SAMARA_PURE … */
  const char* version; /* part of the identity of calls: change it with the behaviour */
  samara_platform_call call;
  void* user;
} samara_platform_function;

/* Offers a platform function to the functions of this handle.
 * Errors: SAMARA_CONFLICT once a function has been added or called: what is offered must be known
 * first; SAMARA_EXISTS (console, path, crypto, fs, time, random and fetch functions are there
 * already). */
SAMARA_API int32_t samara_register(samara_repository* repository,
                                   const samara_platform_function* function);
/* Grants a capability that platform functions need, such as "fs". Errors: as samara_register. */
SAMARA_API int32_t samara_grant(samara_repository* repository, const char* capability);

/* --- functions and calls
 * ---------------------------------------------------------------------------------- */

/* Adds an East program, beast2 or JSON of either dialect, or a WebAssembly module with one export.
 * `name` may be null. East programs that mean the same have the same id. */
SAMARA_API int32_t samara_add_function(samara_repository* repository, samara_view program,
                                       const char* name, samara_hash* out);

/* One argument: the id of a stored value, or, where `id` is null, a beast2 value. */
typedef struct samara_argument {
  const samara_hash* id;
  samara_view value;
} samara_argument;

/* Zero fields mean the default. */
typedef struct samara_call_options {
  size_t struct_size; /* sizeof(samara_call_options) */
  int32_t no_memo;    /* run even if the answer is known */
  int32_t sync;       /* the answer survives a power loss from the moment the call returns */
  uint64_t wall_ms_max;
  uint64_t memory_bytes_max;
  uint64_t steps_max;
  const char* name; /* of the function, for messages */
  /* Since version 2: */
  uint64_t value_bytes_max; /* larger results are left where they are: `value` has no data then,
                             * and samara_map gives them by value_id */
  /* Since version 3: */
  const struct samara_request* parent; /* the request for which this call is made: its deadline
                                        * and its end also end this one, and a call that waits for
                                        * itself is found; null: none */
  const char* place;                   /* a queue, "cpp" for example, whose workers shall run it;
                                        * null: this process, where it can */
} samara_call_options;

typedef struct samara_result {
  int32_t outcome;      /* SAMARA_OUTCOME_… */
  int32_t from_memo;    /* 1: nothing was run */
  samara_hash call;     /* the call's id */
  samara_hash value_id; /* SAMARA_OUTCOME_VALUE: the id of the result */
  samara_bytes value;   /* SAMARA_OUTCOME_VALUE: the result as beast2 */
  samara_bytes message; /* others: what happened, with the location stack of an error */
  samara_bytes reason;  /* why it was run or not, one line for each decision */
  uint64_t wall_ns;     /* of the run that gave the outcome */
  uint64_t steps;
  uint64_t peak_memory_bytes;
} samara_result;

/* Calls a function. SAMARA_OK means that there is an outcome, of whatever kind.
 * `options` may be null. Free `out` with samara_result_free. */
SAMARA_API int32_t samara_call(samara_repository* repository, const samara_hash* function,
                               const samara_argument* arguments, size_t count,
                               const samara_call_options* options, samara_result* out);
SAMARA_API void samara_result_free(samara_result* result);
/* Ends the call that runs on this handle, if there is one. May be called from any thread. */
SAMARA_API void samara_cancel(samara_repository* repository);
/* All that is known of why a call ran or did not, in lines. */
SAMARA_API int32_t samara_why(samara_repository* repository, const samara_hash* call,
                              samara_bytes* out);

/* --- since version 2: more of functions
 * ------------------------------------------------------------------------ */

/* Adds the functions of East source that are not private, or the one called `function` where that
 * is not null. `path` is what locations say, and the base of imports; null: the text has none.
 * `name`: under which a single function is added; null: its own. `out`: the functions as beast2,
 * .Array .Struct [id, kind, name, type], all texts.
 * Errors: SAMARA_CHECK_FAILED, with the problems as people read them. */
SAMARA_API int32_t samara_add_source(samara_repository* repository, samara_view text,
                                     const char* path, const char* function, const char* name,
                                     samara_bytes* out);
/* The named functions of the repository, in the same form. */
SAMARA_API int32_t samara_functions(samara_repository* repository, samara_bytes* out);
/* East text of a function's type: .Function (inputs=[…], output=…). */
SAMARA_API int32_t samara_signature(samara_repository* repository, const samara_hash* function,
                                    samara_bytes* out);

/* --- since version 2: objects where they are
 * ------------------------------------------------------------------- */

/* The verified bytes of an object: mapped from its file where it is large, else in memory. */
typedef struct samara_mapped samara_mapped;
SAMARA_API int32_t samara_map(samara_repository* repository, const samara_hash* id,
                              samara_mapped** out);
SAMARA_API samara_view samara_mapped_bytes(const samara_mapped* mapped);
/* Null is allowed; independent of the repository, which may be closed already. */
SAMARA_API void samara_mapped_free(samara_mapped* mapped);

/* --- since version 2: types and values in memory
 * --------------------------------------------------------------- */

/* Where types and values are made: needs no repository, belongs to one thread at a time. */
typedef struct samara_values samara_values;
/* A type; lives as long as its samara_values, in which equal types are the same pointer. */
typedef struct samara_type samara_type;
/* A value or the values it is being made of: memory that is freed as a whole. */
typedef struct samara_tree samara_tree;
/* One value of a known type. Null 0, Boolean 0 or 1, Integer and DateTime (milliseconds) two's
 * complement, Float its bits; of the others what the functions below say. An array, set, dictionary
 * or reference that is met twice is the same slot both times. */
typedef uint64_t samara_slot;

/* The tags of beast2. */
enum {
  SAMARA_KIND_ARRAY = 0,
  SAMARA_KIND_ASYNC_FUNCTION = 1,
  SAMARA_KIND_BLOB = 2,
  SAMARA_KIND_BOOLEAN = 3,
  SAMARA_KIND_DATETIME = 4,
  SAMARA_KIND_DICT = 5,
  SAMARA_KIND_FLOAT = 6,
  SAMARA_KIND_FUNCTION = 7,
  SAMARA_KIND_INTEGER = 8,
  SAMARA_KIND_MATRIX = 9,
  SAMARA_KIND_NEVER = 10,
  SAMARA_KIND_NULL = 11,
  SAMARA_KIND_RECURSIVE = 12,
  SAMARA_KIND_REF = 13,
  SAMARA_KIND_SET = 14,
  SAMARA_KIND_STRING = 15,
  SAMARA_KIND_STRUCT = 16,
  SAMARA_KIND_VARIANT = 17,
  SAMARA_KIND_VECTOR = 18
};

SAMARA_API samara_values* samara_values_new(void);
/* Null is allowed. Requires: its trees have been freed. */
SAMARA_API void samara_values_free(samara_values* values);
/* The message of the last call that failed. */
SAMARA_API const char* samara_values_error(const samara_values* values);

/* A type from East text. */
SAMARA_API int32_t samara_type_parse(samara_values* values, const char* text,
                                     const samara_type** out);
SAMARA_API int32_t samara_type_text(samara_values* values, const samara_type* type,
                                    samara_bytes* out);
SAMARA_API int32_t samara_type_kind(const samara_type* type);
/* Parts: element; key and value; fields; cases; inputs, then output. References to the type itself
 * are unfolded: no part is SAMARA_KIND_RECURSIVE. */
SAMARA_API uint32_t samara_type_count(const samara_type* type);
SAMARA_API const samara_type* samara_type_part(const samara_type* type, uint32_t index);
/* Name of a field or case. Cases are in ascending order of their bytes. */
SAMARA_API samara_view samara_type_name(const samara_type* type, uint32_t index);

/* Reads a value. `type`: what it must have; null: what it says (SAMARA_BEAST2, SAMARA_TEXT). */
SAMARA_API int32_t samara_tree_read(samara_values* values, int32_t format, samara_view bytes,
                                    const samara_type* type, samara_tree** out);
/* Memory for a value to be made with the samara_new_ functions. */
SAMARA_API int32_t samara_tree_new(samara_values* values, samara_tree** out);
SAMARA_API void samara_tree_free(samara_tree* tree);
/* Of a tree that was read. */
SAMARA_API const samara_type* samara_tree_type(const samara_tree* tree);
SAMARA_API samara_slot samara_tree_root(const samara_tree* tree);
/* Writes a value that was made in the tree or read into it. */
SAMARA_API int32_t samara_tree_write(samara_tree* tree, const samara_type* type, samara_slot value,
                                     int32_t format, samara_bytes* out);

/* What is in a slot; each requires a slot of a type it is for. Pointers live as long as the tree
 * and until the value is changed. */
SAMARA_API samara_view samara_slot_bytes(samara_slot value);                     /* String, Blob */
SAMARA_API size_t samara_slot_count(const samara_type* type, samara_slot value); /* Array, Set, … */
SAMARA_API const samara_slot* samara_slot_elements(samara_slot array);
SAMARA_API samara_slot samara_slot_field(samara_slot structure, uint32_t index);
SAMARA_API uint32_t samara_slot_case(samara_slot variant);
SAMARA_API samara_slot samara_slot_payload(samara_slot variant);
SAMARA_API samara_slot samara_slot_content(samara_slot ref);
/* Keys in ascending order into `keys` and, of a dictionary, values into `values`, both with room
 * for samara_slot_count. */
SAMARA_API void samara_slot_entries(samara_slot sorted, samara_slot* keys, samara_slot* values);

/* Numbers side by side: 8 bytes each, little-endian, or one of a Boolean. */
typedef struct samara_packed {
  const uint8_t* data;
  uint64_t rows; /* of a Matrix; else 1 */
  uint64_t columns;
  uint32_t element_bytes;
} samara_packed;
/* A Vector or Matrix. */
SAMARA_API samara_packed samara_slot_packed(const samara_type* type, samara_slot value);
/* Where the numbers of a beast2 value stand in its bytes, if the whole value is an .Array .Float, a
 * Vector or a Matrix; they are not aligned. Errors: SAMARA_UNSUPPORTED for all other values. */
SAMARA_API int32_t samara_packed_find(samara_values* values, samara_view beast2,
                                      const samara_type** type, samara_packed* out);
/* Stores such a value without bringing it into memory once more. `type`: as East text. `sync`: 1
 * where it must survive a power loss. Cost: one pass that hashes and writes. */
SAMARA_API int32_t samara_put_packed(samara_repository* repository, const char* type,
                                     const samara_packed* numbers, int32_t sync, samara_hash* out);

/* Making values. Errors: SAMARA_EXHAUSTED, SAMARA_INVALID_ARGUMENT (no such case; text that is no
 * UTF-8). What is made belongs to the tree. */
SAMARA_API int32_t samara_new_text(samara_tree* tree, samara_view utf8, samara_slot* out);
SAMARA_API int32_t samara_new_blob(samara_tree* tree, samara_view bytes, samara_slot* out);
/* `elements` may be null: they are nulls until samara_slot_set. */
SAMARA_API int32_t samara_new_array(samara_tree* tree, const samara_slot* elements, size_t count,
                                    samara_slot* out);
SAMARA_API int32_t samara_new_struct(samara_tree* tree, const samara_slot* fields, uint32_t count,
                                     samara_slot* out);
SAMARA_API int32_t samara_new_variant(samara_tree* tree, const samara_type* type, uint32_t index,
                                      samara_slot payload, samara_slot* out);
SAMARA_API int32_t samara_new_ref(samara_tree* tree, samara_slot content, samara_slot* out);
/* An empty set or dictionary. */
SAMARA_API int32_t samara_new_sorted(samara_tree* tree, const samara_type* type, samara_slot* out);
/* Adds or replaces; `value` of a set is not looked at. */
SAMARA_API int32_t samara_sorted_put(samara_tree* tree, const samara_type* type, samara_slot sorted,
                                     samara_slot key, samara_slot value);
/* A Vector or Matrix with a copy of the numbers; every NaN becomes the one of East. */
SAMARA_API int32_t samara_new_packed(samara_tree* tree, const samara_type* type,
                                     const samara_packed* numbers, samara_slot* out);
/* Makes a container that holds itself: element `index` of an array, or the content of a Ref. */
SAMARA_API void samara_slot_set(const samara_type* type, samara_slot container, size_t index,
                                samara_slot value);
/* A Float with the NaN of East. */
SAMARA_API samara_slot samara_slot_of_float(double value);

/* --- since version 3: scripts
 * ------------------------------------------------------------------------------------------- */

/* A function written in the language of a worker. Zero fields mean: none. */
typedef struct samara_script {
  size_t struct_size;      /* sizeof(samara_script) */
  const char* runtime;     /* "python", "node", "julia"; "command" */
  const char* entry;       /* the function in the source; of a command: its line */
  samara_view source;      /* UTF-8; part of the identity, as all up to `effect` are */
  const char* type;        /* East text: .Function (inputs=[.Integer], output=.Float) */
  samara_view environment; /* a lock file: what must be installed for it */
  const char* lock_kind;   /* "uv.lock", "requirements.txt", "package-lock.json",
                            * "Manifest.toml" */
  int32_t effect;          /* SAMARA_PURE, …; SAMARA_UNKNOWN_EFFECT */
  const char* path;        /* of the file, for messages; no part of the identity */
} samara_script;

enum { SAMARA_UNKNOWN_EFFECT = 3 };

/* Adds a script. `name` may be null. */
SAMARA_API int32_t samara_add_script(samara_repository* repository, const samara_script* script,
                                     const char* name, samara_hash* out);

/* --- since version 3: workers
 * ------------------------------------------------------------------------------------------- */

/* A process that serves requests of a repository. Threads: any, unless it is said otherwise. */
typedef struct samara_worker samara_worker;
/* A request in hand. It belongs to the thread that got it, or whoever that gives it to; answer,
 * fail or give it back exactly once, which frees it. */
typedef struct samara_request samara_request;

typedef struct samara_worker_options {
  size_t struct_size;  /* sizeof(samara_worker_options) */
  const char* runtime; /* whose functions it runs: "python", or several: "cpp,wasm"; null: none */
  const char* environment; /* 64 hex digits: it runs only scripts of this environment; null: those
                            * that have none */
  const char* word;        /* for people: "python 3.11.2, numpy 1.24" */
  uint32_t slots;          /* requests that run at once, for people; at least 1 */
  uint32_t kill_after_ms;  /* the process is killed when a request is still in hand so long after
                            * its deadline; 0: 2000 */
} samara_worker_options;

/* Prepares a worker for the repository at `path`. `*out` is set also on failure, for
 * samara_worker_error; close it in any case. One thread. */
SAMARA_API int32_t samara_worker_open(const char* path, const samara_worker_options* options,
                                      samara_worker** out);
/* The message of the last call of this thread on any worker or request that failed. */
SAMARA_API const char* samara_worker_error(void);

/* What a worker offers to functions of the repository. */
typedef struct samara_offer {
  size_t struct_size; /* sizeof(samara_offer) */
  const char* name;
  const char* const* inputs; /* East text of the input types */
  size_t input_count;
  const char* output;         /* East text of the output type */
  int32_t effect;             /* SAMARA_PURE … */
  const char* implementation; /* any text that changes with what it does: a digest of its source */
} samara_offer;

/* Offers a platform function; before samara_worker_start. `out` may be null: the function that
 * stands for it in calls. Errors: SAMARA_EXISTS, SAMARA_INVALID_ARGUMENT (types). */
SAMARA_API int32_t samara_worker_offer(samara_worker* worker, const samara_offer* offer,
                                       samara_hash* out);
/* From here on requests come. Errors: SAMARA_CONFLICT (it was started). */
SAMARA_API int32_t samara_worker_start(samara_worker* worker);

/* Waits for the next request. Any number of threads may wait; each request goes to one of them, so
 * the simplest worker is n threads that wait and serve. `timeout_ms` below 0: for ever. SAMARA_OK
 * with `*out` null: the time has passed, or samara_worker_interrupt was called, or the worker is
 * closing. An error means that the worker cannot go on: end the process. */
SAMARA_API int32_t samara_worker_next(samara_worker* worker, int64_t timeout_ms,
                                      samara_request** out);
/* A descriptor for poll and its like, for those who wait otherwise: first take requests with
 * samara_worker_next and timeout 0 until it gives none; then, when the descriptor is readable,
 * there may be some again. -1: there is none, because this file system tells nothing. It belongs to
 * the worker. Requires: no thread is in samara_worker_next. */
SAMARA_API int32_t samara_worker_fd(samara_worker* worker);
/* Wakes all threads in samara_worker_next; from then on it returns at once, with null. */
SAMARA_API void samara_worker_interrupt(samara_worker* worker);
/* Requires: no thread is in samara_worker_next, and no request is in hand. Null is allowed. */
SAMARA_API void samara_worker_close(samara_worker* worker);
/* Requests in hand now. */
SAMARA_API size_t samara_worker_in_hand(samara_worker* worker);

enum {
  SAMARA_REQUEST_OFFER = 1,      /* call what was offered under `name` */
  SAMARA_REQUEST_SCRIPT = 2,     /* call `entry` of `source` */
  SAMARA_REQUEST_FUNCTION = 3,   /* samara_request_run does all */
  SAMARA_REQUEST_ENVIRONMENT = 4 /* make the environment of a script ready, start a worker for
                                  * it, and answer null when it has started; the worker is not
                                  * ended where that goes on after the deadline */
};

SAMARA_API int32_t samara_request_kind(const samara_request* request);
/* The name of the offer, or how to call the function in messages. Lives as the request. */
SAMARA_API const char* samara_request_name(const samara_request* request);
/* The function's id: the same script has the same, so what was loaded for it may be kept. */
SAMARA_API samara_hash samara_request_function(const samara_request* request);
/* East text of types; live as the request. */
SAMARA_API size_t samara_request_argument_count(const samara_request* request);
SAMARA_API const char* samara_request_input(const samara_request* request, size_t index);
SAMARA_API const char* samara_request_output(const samara_request* request);
/* An argument as beast2; a large one is mapped from its file. Lives as the request, unless it is
 * taken. */
SAMARA_API int32_t samara_request_argument(samara_request* request, size_t index, samara_view* out);
/* The same as a mapping of its own, which outlives the request; null for one that rides in the
 * request. Free it with samara_mapped_free. */
SAMARA_API int32_t samara_request_argument_map(samara_request* request, size_t index,
                                               samara_mapped** out);
/* Of a script or an environment; fields live as the request, and zero fields mean none.
 * `environment_id`: 64 hex digits, null without. */
typedef struct samara_script_source {
  const char* runtime;
  const char* entry;
  samara_view source;
  const char* path;
  samara_view environment;
  const char* lock_kind;
  const char* environment_id;
} samara_script_source;
SAMARA_API int32_t samara_request_script(samara_request* request, samara_script_source* out);

/* Milliseconds until the deadline; below 0: it has passed; INT64_MAX: there is none. */
SAMARA_API int64_t samara_request_ms_left(const samara_request* request);
/* 1: nobody waits for the answer any more; stop as soon as you can, and fail it. */
SAMARA_API int32_t samara_request_cancelled(samara_request* request);
/* Console output of the request. `stream`: 1 output, 2 errors. */
SAMARA_API void samara_request_log(samara_request* request, int32_t stream, samara_view text);

/* A place in a source, as errors carry it. */
typedef struct samara_location {
  const char* file;
  int64_t line;
  int64_t column;
} samara_location;

/* Answers with a beast2 value of the output type, in any dialect; it is checked, and the caller
 * gets an error where it does not fit, as if it had failed. Frees the request in any case. */
SAMARA_API int32_t samara_request_answer(samara_request* request, samara_view value);
/* The same for numbers side by side, in one pass. */
SAMARA_API int32_t samara_request_answer_packed(samara_request* request,
                                                const samara_packed* numbers);
/* Answers with an error. `outcome`: SAMARA_OUTCOME_ERROR (which callers can catch),
 * SAMARA_OUTCOME_TRAP, SAMARA_OUTCOME_MEMORY, SAMARA_OUTCOME_TIMEOUT or SAMARA_OUTCOME_CANCELLED.
 * `locations`: innermost first. Frees the request in any case. */
SAMARA_API int32_t samara_request_fail(samara_request* request, int32_t outcome,
                                       const char* message, const samara_location* locations,
                                       size_t count);
/* Puts the request back for others; frees it. */
SAMARA_API int32_t samara_request_give_back(samara_request* request);
/* Runs a SAMARA_REQUEST_FUNCTION on this thread with the functions of `repository`, and answers it.
 * Frees the request in any case. */
SAMARA_API int32_t samara_request_run(samara_request* request, samara_repository* repository);
/* Of the last samara_call on this handle, where its outcome was no value: the message alone, and
 * the locations, innermost first, as beast2 .Array .Struct [file=.String, line=.Integer,
 * column=.Integer]. Either may be null. Errors: SAMARA_NOT_FOUND. */
SAMARA_API int32_t samara_last_outcome(samara_repository* repository, samara_bytes* message,
                                       samara_bytes* locations);

#ifdef __cplusplus
}
#endif

#endif
