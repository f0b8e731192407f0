// Input that could not be applied: where it stood, what was wrong with it, and its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/event.h"

namespace lull::connectors {

// Code, its stable name in dead-letter files and summaries, what it means.
#define LULL_DEAD_LETTER_CODES(X)                                                     \
  X(kInvalidJson, "invalid_json", "not one whole JSON object")                        \
  X(kInvalidUtf8, "invalid_utf8", "not UTF-8")                                        \
  X(kNotAnObject, "not_an_object", "JSON, but not an object")                         \
  X(kDuplicateName, "duplicate_name", "the same name twice in one object")            \
  X(kTooDeep, "too_deep", "nested too deeply")                                        \
  X(kTooLong, "too_long", "longer than a line may be")                                \
  X(kUnknownEnvelope, "unknown_envelope", "CloudEvents of a version that is not 1.x") \
  X(kNoType, "no_type", "no type of event")                                           \
  X(kNoTime, "no_time", "no time")                                                    \
  X(kBadTime, "bad_time", "a time that cannot be read")                               \
  X(kTimeOutOfRange, "time_out_of_range", "a time before 1900 or after 2200")         \
  X(kTooFarAhead, "too_far_ahead", "a time further ahead than allowed")               \
  X(kNoKey, "no_key", "none of the keys of its entities")                             \
  X(kMissingField, "missing_field", "a required field is missing")                    \
  X(kWrongType, "wrong_type", "a value of the wrong type")                            \
  X(kNotOneOf, "not_one_of", "a value that its choice does not have")                 \
  X(kTextTooLong, "text_too_long", "a text longer than declared")                     \
  X(kLate, "late", "late, and the ruleset says `late dead_letter`")

enum class DeadLetterCode : std::uint8_t {
#define X(name, text, meaning) name,
  LULL_DEAD_LETTER_CODES(X)
#undef X
};

inline constexpr std::size_t kDeadLetterCodeCount = 0
#define X(name, text, meaning) +1
    LULL_DEAD_LETTER_CODES(X)
#undef X
    ;

/// "missing_field".
std::string_view NameOf(DeadLetterCode code);
/// "a required field is missing".
std::string_view MeaningOf(DeadLetterCode code);

struct DeadLetter {
  runtime::LogPosition position;
  DeadLetterCode code = DeadLetterCode::kInvalidJson;
  std::string reason;      // a sentence for a person
  std::string_view bytes;  // of the source; an overlong line may be cut
};

}  // namespace lull::connectors
