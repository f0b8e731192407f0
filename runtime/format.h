// Values as an associate reads them, and times as programs read them.
//
// No locale, no stream, no allocation but the growth of the text that is appended to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/zone.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

/// What formatting needs to know of a ruleset; it must outlive this.
struct FormatContext {
  const Ruleset* ruleset = nullptr;
  const EntitySpec* entity = nullptr;  // for stages; may be null
  Zone zone = Zone::Utc();
};

/// "21,500 USD"; "21,500.50 USD" if there are cents. Money counts ten-thousandths.
void AppendMoney(std::string& out, std::int64_t money, std::string_view currency);
/// "12,345.5": at most six decimals. Very large and very small numbers as "1.5e+20".
void AppendNumber(std::string& out, double number);
/// The two largest units: "2 days 3 hours", "36 hours" (days begin at 48 hours), "35 minutes", "1.5 seconds".
void AppendDuration(std::string& out, std::int64_t micros);
/// "2026-03-02 10:00" on the zone's clocks; seconds if there are any.
void AppendTime(std::string& out, std::int64_t micros, const Zone& zone);
/// "2026-03-02"; dates are days since 1970-01-01.
void AppendDate(std::string& out, std::int64_t day);
/// "2026-03-02T16:00:00Z", with three or six decimals of a second if needed.
void AppendRfc3339(std::string& out, std::int64_t micros);

/// A value of a type; `of` is the choice's number, or the journey's in the entity. "unknown" if it is.
void AppendValue(std::string& out, FieldValue value, TemplateSpec::Argument type,
                 const FormatContext& context);

/// The template with its values filled in.
void Render(std::string& out, const TemplateSpec& text, const FieldValue* values,
            const FormatContext& context);

}  // namespace lull::runtime
