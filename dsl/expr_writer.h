// Writes expressions as text; used by the two printers of checked programs.
#pragma once

#include <string>

#include "dsl/checked_program.h"

namespace lull::dsl {

/// The shape of the text is fixed here; what stands for other definitions is up to the printer.
class ExprWriter {
 public:
  explicit ExprWriter(const CheckedProgram& program) : program_(program) {}
  virtual ~ExprWriter() = default;

  /// kNone gives "".
  std::string Write(ExprId id);
  std::string WriteAggregate(const Aggregate& aggregate);
  const CheckedProgram& program() const { return program_; }

  /// Whether clauses that only say something (texts, reasons, routes, worth) are written too.
  virtual bool writes_outputs() const = 0;

  /// A feature, score, stall, journey (kStage) or aggregate.
  virtual std::string Reference(ExprKind kind, std::uint32_t index) = 0;
  virtual std::string AttributeText(AttributeId id) = 0;
  virtual std::string FieldText(EventSetId set, FieldScope scope, const std::string& field) = 0;
  virtual std::string EventsText(EventSetId set) = 0;
  virtual std::string Micros(TypeKind kind, std::int64_t micros) = 0;

 protected:
  const CheckedProgram& program_;

 private:
  std::string WriteLiteral(const Expr& expr);
  std::string WriteTemplate(const Expr& expr);
  std::string WriteList(const Expr& expr, std::size_t first);
};

/// In quotes, with \ before quotes, braces and itself, and \n for a line end.
std::string QuotedText(const std::string& text);
/// The shortest text that reads back as the same number.
std::string NumberText(double number);
/// Who is in which arm.
std::string ExperimentText(const CheckedProgram& program, const Experiment& experiment);
/// Four decimals at most: 21500 is "2.15".
std::string MoneyText(std::int64_t units);

}  // namespace lull::dsl
