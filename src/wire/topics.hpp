#pragma once
// Topics of profile samara: samara/<fleet>/to/<node>/<channel>,
// samara/<fleet>/from/<node>/<channel> and samara/<fleet>/all. One branch for each node, so that a
// broker's access list lets a node speak for itself alone, and nobody hears what is for others.
// Threads: pure functions. Specified by: docs/formats/fleet.md, "Topics".

#include <optional>

#include "core/fixed_text.hpp"
#include "wire/limits.hpp"
#include "wire/messages.hpp"

namespace samara::wire {

enum class Direction : uint8_t { to_node, from_node, to_all };

/// What is sent together and kept apart from the rest: chunks do not hold up commands.
enum class Channel : uint8_t { control, data, beat, will };
std::string_view channel_name(Channel channel);
/// The channel that messages of a kind go by.
Channel channel_of(Kind kind);

using NodeName = FixedText<k_node_bytes_max>;
using FleetName = FixedText<k_node_bytes_max>;
/// "samara/", two names, and the words between.
using TopicText = FixedText<2 * k_node_bytes_max + 32>;

struct Topic {
  Direction direction = Direction::from_node;
  std::string_view fleet;
  std::string_view node;  // to_all: empty
  Channel channel = Channel::control;
};

/// A name that may be a level of a topic: is_name without '/' and '+'.
bool is_topic_level(std::string_view text);

/// Requires: names that are levels.
TopicText topic_text(const Topic& topic);
/// Nothing: it is not one of ours.
std::optional<Topic> parse_topic(std::string_view text);

}  // namespace samara::wire
