// The log lines of `lull serve`: one JSON object a line on standard error, so that no text of an event can
// pretend to be a line.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>

namespace lull::service {

/// A member of a log line: a text, a number or a flag.
struct LogField {
  std::string_view name;
  std::string json;

  LogField(std::string_view field, std::string_view text);
  LogField(std::string_view field, const std::string& text) : LogField(field, std::string_view(text)) {}
  LogField(std::string_view field, const char* text) : LogField(field, std::string_view(text)) {}
  LogField(std::string_view field, bool flag) : name(field), json(flag ? "true" : "false") {}
  LogField(std::string_view field, double number);
  template <std::integral T>
  LogField(std::string_view field, T number) : name(field), json(std::to_string(number)) {}
};

/// May be used by any thread.
class ServiceLog {
 public:
  /// Takes one line, with its end. Called by one thread at a time.
  using Writer = std::function<void(std::string_view line)>;

  explicit ServiceLog(std::string deployment, Writer writer = ToStandardError)
      : deployment_(std::move(deployment)), writer_(std::move(writer)) {}

  using Fields = std::initializer_list<LogField>;
  void Info(std::string_view message, Fields fields = {}) { Write("info", message, fields); }
  void Warn(std::string_view message, Fields fields = {}) { Write("warning", message, fields); }
  void Error(std::string_view message, Fields fields = {}) { Write("error", message, fields); }

 private:
  static void ToStandardError(std::string_view line);
  void Write(std::string_view level, std::string_view message, Fields fields);

  const std::string deployment_;
  const Writer writer_;
  std::mutex mutex_;
};

}  // namespace lull::service
