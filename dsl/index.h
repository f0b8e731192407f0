// From a place in a rule file to what stands there, and back: for editors. Works on texts that are incomplete
// or wrong: it goes by words, not by the grammar, and knows what the parser could read of the declarations.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dsl/source.h"
#include "dsl/syntax_tree.h"

namespace lull::dsl {

/// What can be declared under a name.
struct IndexedName {
  std::string name;
  std::string kind;   // "an event", "an attribute", "a stage", ...
  std::string owner;  // the entity, event, journey or choice that it belongs to; else empty
  std::string doc;    // the `##` lines before it
  Span declared;      // the name in its declaration
  Span whole;         // the whole declaration
};

/// A word that stands for a declared name; the declaration itself is one too.
struct NameUse {
  Span span;
  std::size_t name = 0;  // index into Index::names()
};

class Index {
 public:
  /// Both must outlive the index.
  Index(const SourceSet& sources, const syntax::SyntaxTree& tree);

  const std::vector<IndexedName>& names() const { return names_; }
  /// The name that the word at this place stands for; none for words of the language, and for unknown names.
  std::optional<std::size_t> NameAt(SourceId source, std::uint32_t offset) const;
  /// Its declaration and all uses, by place.
  std::vector<Span> UsesOf(std::size_t name) const;
  /// The innermost declaration that the place is in; none between declarations.
  std::optional<std::size_t> DeclarationAt(SourceId source, std::uint32_t offset) const;
  /// Names and words that may stand at this place and begin with what is already written of one, sorted:
  /// fields and attributes after a dot, clauses at the beginning of a line in a block, declarations between
  /// them.
  std::vector<std::string> CompletionsAt(SourceId source, std::uint32_t offset) const;

 private:
  void AddDeclarations(const syntax::SyntaxTree& tree);
  void AddUses(SourceId source);
  void Sort();
  std::optional<std::size_t> Resolve(std::string_view word, std::string_view before_dot,
                                     const IndexedName* inside) const;

  const SourceSet& sources_;
  std::vector<IndexedName> names_;
  std::vector<std::size_t> declarations_;  // those of the top level, by place
  std::vector<std::string> entity_of_;     // by name: of what it is declared, for those of the top level
  std::map<std::string, std::vector<std::size_t>, std::less<>> named_;          // all of one name
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> declared_at_;  // by file and place
  std::vector<NameUse> uses_;                                                   // by place
};

}  // namespace lull::dsl
