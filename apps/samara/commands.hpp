#pragma once
// The commands of the program: one file each, commands.cpp lists them. Threads: constant data.

#include "apps/samara/command.hpp"

namespace samara::cli {

extern const Command k_cache_clear;
extern const Command k_cache_ls;
extern const Command k_call_ls;
extern const Command k_call_graph;
extern const Command k_call_show;
extern const Command k_build;
extern const Command k_check;
extern const Command k_complete;
extern const Command k_completion;
extern const Command k_convert;
extern const Command k_fn_add;
extern const Command k_fn_ls;
extern const Command k_fn_release;
extern const Command k_fn_rm;
extern const Command k_fn_show;
extern const Command k_doctor;
extern const Command k_fmt;
extern const Command k_fsck;
extern const Command k_gc;
extern const Command k_get;
extern const Command k_init;
extern const Command k_key_ls;
extern const Command k_key_new;
extern const Command k_key_require;
extern const Command k_key_revoke;
extern const Command k_key_trust;
extern const Command k_log;
extern const Command k_lsp;
extern const Command k_put;
extern const Command k_ref_ls;
extern const Command k_ref_rm;
extern const Command k_ref_set;
extern const Command k_repl;
extern const Command k_run;
extern const Command k_worker;
extern const Command k_show;
extern const Command k_sign;
extern const Command k_stats;
extern const Command k_status;
extern const Command k_type;
extern const Command k_version;
extern const Command k_watch;
extern const Command k_why;

}  // namespace samara::cli
