// Operating failures as values: a Result holds what was asked for, or an Error with its context.
//
// Author mistakes are diagnostics (dsl/diagnostics.h), bad data is unknown or a dead letter, and programmer
// errors stop the process (check.h); none of them is an Error.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace lull {

/// What went wrong and what to do next, as one or more sentences for a person.
struct Error {
  std::string message;

  /// The same error, told from further out: "while reading FILE: ...".
  Error Within(const std::string& context) const { return Error{context + ": " + message}; }
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> Fail(std::string message) { return std::unexpected(Error{std::move(message)}); }

}  // namespace lull
