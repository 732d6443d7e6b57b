#pragma once
// What Julia cannot do alone. Julia 1.5 to 1.8 may not be entered from threads that it did not
// make, and one of its own threads that waits in C keeps all others from collecting garbage. So
// threads of this file do the waiting: they run calls, wait for requests and hold up platform
// functions, and say what happened as events, which Julia reads on its event loop. They never enter
// Julia.
//
// Threads: all functions may be called by any. What is pointed to lives until its event has come.

#include <samara/samara.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct samara_bridge_feeder samara_bridge_feeder;

enum {
  SAMARA_BRIDGE_DONE = 1,    /* the call or run of `token` is over; `code`: what it returned */
  SAMARA_BRIDGE_UPCALL = 2,  /* `subject`, a samara_bridge_upcall, waits for its function */
  SAMARA_BRIDGE_REQUEST = 3, /* `subject` is a samara_request */
  SAMARA_BRIDGE_ENDED = 4,   /* the feeder gives no more; `code`: why, SAMARA_OK: as asked */
  SAMARA_BRIDGE_STOP = 5     /* a signal asks the process to end */
};

typedef struct samara_bridge_event {
  int32_t kind;
  int32_t code;
  void* subject;
  uint64_t token;
} samara_bridge_event;

/* A platform function that waits for Julia. `user`: which one. */
typedef struct samara_bridge_upcall {
  uint64_t user;
  const samara_view* arguments;
  size_t count;
  samara_bytes* result;
  samara_bytes* error;
} samara_bridge_upcall;

/* `wake(handle)` is called after an event has been added, by any thread. Null: nobody listens. */
SAMARA_API void samara_bridge_start(int (*wake)(void*), void* handle);
/* The next event: 1, or 0 when there is none now. */
SAMARA_API int32_t samara_bridge_next(samara_bridge_event* out);

/* samara_call on a thread of the bridge. Errors: SAMARA_EXHAUSTED (no more threads). */
SAMARA_API int32_t samara_bridge_call(uint64_t token, samara_repository* repository,
                                      const samara_hash* function, const samara_argument* arguments,
                                      size_t count, const samara_call_options* options,
                                      samara_result* out);
/* samara_request_run likewise. */
SAMARA_API int32_t samara_bridge_run(uint64_t token, samara_request* request,
                                     samara_repository* repository);

/* A samara_platform_call: `user` is a number, handed on in the upcall. */
SAMARA_API int32_t samara_bridge_platform(void* user, const samara_view* arguments, size_t count,
                                          samara_bytes* result, samara_bytes* error);
/* The function has answered: result or error are set. */
SAMARA_API void samara_bridge_answer(samara_bridge_upcall* upcall, int32_t code);

/* Takes requests of a worker that was started, `permits` at a time. */
SAMARA_API samara_bridge_feeder* samara_bridge_feed(samara_worker* worker, int32_t permits);
/* A request is over, or waits (+1); or goes on after it has waited (-1). */
SAMARA_API void samara_bridge_permit(samara_bridge_feeder* feeder, int32_t more);
/* No more requests: SAMARA_BRIDGE_ENDED comes. */
SAMARA_API void samara_bridge_end(samara_bridge_feeder* feeder);

/* As many open files as the system lets the process have: each call that waits for others keeps
 * some. */
SAMARA_API void samara_bridge_files(void);

/* SIGTERM and SIGINT become SAMARA_BRIDGE_STOP; the process ends by itself `grace_ms` later. It
 * also gets SIGTERM when its parent dies. */
SAMARA_API void samara_bridge_signals(uint32_t grace_ms);

#ifdef __cplusplus
}
#endif
