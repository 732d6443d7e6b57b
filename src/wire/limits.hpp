#pragma once
// How large each part of a fleet message may be. A node may take less, and says so in its hello.
// Specified by: docs/formats/fleet.md, "Limits".

#include <cstddef>
#include <cstdint>

namespace samara::wire {

/// Of the text of an outcome.
inline constexpr size_t k_message_bytes_max = 1024;
/// Of a whole message: what brokers take without being told otherwise. Larger data goes in chunks.
inline constexpr size_t k_packet_bytes_max = size_t{1} << 20;
inline constexpr size_t k_inline_bytes_max = size_t{256} << 10;
inline constexpr size_t k_chunk_bytes_max = size_t{512} << 10;
inline constexpr size_t k_log_bytes_max = 4096;
inline constexpr size_t k_manifest_bytes_max = 2048;
inline constexpr size_t k_signature_bytes_max = 96;

inline constexpr size_t k_node_bytes_max = 64;
inline constexpr size_t k_name_bytes_max = 64;
inline constexpr size_t k_function_name_bytes_max = 96;
inline constexpr size_t k_label_bytes_max = 96;

inline constexpr size_t k_runtimes_max = 8;
inline constexpr size_t k_targets_max = 8;
inline constexpr size_t k_functions_max = 64;
inline constexpr size_t k_labels_max = 16;
inline constexpr size_t k_held_objects_max = 16;
inline constexpr size_t k_arguments_max = 16;

}  // namespace samara::wire
