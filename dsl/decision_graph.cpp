#include "dsl/decision_graph.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace lull::dsl {
namespace {

/// Of the work and size of a graph: a table of 100,000 exact rows needs a tenth of it.
constexpr std::size_t kWorkMax = 4'000'000;

class GraphMaker {
 public:
  GraphMaker(const std::vector<std::vector<CellSet>>& rows, const std::vector<CodeRange>& domains)
      : rows_(rows), domains_(domains), free_from_(rows.size()) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      std::size_t input = domains.size();
      while (input > 0 && IsAny(rows[row][input - 1], domains[input - 1])) --input;
      free_from_[row] = input;
    }
  }

  std::optional<DecisionGraph> Run() {
    std::vector<std::uint32_t> all(rows_.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    Make(0, all);
    if (work_ > kWorkMax) return std::nullopt;
    return std::move(graph_);
  }

 private:
  using Rows = std::vector<std::uint32_t>;

  static bool IsAny(const CellSet& cell, const CodeRange& domain) {
    return cell.unknown && cell.ranges.size() == 1 && cell.ranges[0].low <= domain.low &&
           cell.ranges[0].high >= domain.high;
  }

  /// Rows in their order, up to the first that takes whatever comes next.
  template <typename List>
  Rows Relevant(const List& rows, std::size_t next_input) {
    Rows relevant;
    for (const std::uint32_t row : rows) {
      relevant.push_back(row);
      if (free_from_[row] <= next_input) break;
    }
    work_ += relevant.size() + 1;
    return relevant;
  }

  std::uint32_t Next(std::size_t input, const Rows& rows) {
    if (rows.empty() || work_ > kWorkMax) return DecisionGraph::kNoRow;
    if (input == domains_.size()) return rows.front();
    return Make(input, rows);
  }

  std::uint32_t Make(std::size_t input, const Rows& rows) {
    const auto key = std::pair(input, rows);
    if (const auto found = made_.find(key); found != made_.end()) return found->second;
    struct Edge {
      std::int64_t at;
      std::uint32_t row;
      bool enters;
    };
    const CodeRange domain = domains_[input];
    std::vector<Edge> edges;
    Rows unknown;
    for (const std::uint32_t row : rows) {
      if (rows_[row][input].unknown) unknown.push_back(row);
      for (const CodeRange& range : rows_[row][input].ranges) {
        const std::int64_t low = std::max(range.low, domain.low);
        const std::int64_t high = std::min(range.high, domain.high);
        if (low > high) continue;
        edges.push_back({low, row, true});
        if (high < domain.high) edges.push_back({high + 1, row, false});
      }
    }
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.at < b.at; });
    std::vector<std::pair<std::int64_t, std::uint32_t>> segments;
    std::set<std::uint32_t> active;
    std::size_t next = 0;
    std::int64_t begin = domain.low;
    while (true) {
      for (; next < edges.size() && edges[next].at == begin; ++next) {
        if (edges[next].enters) active.insert(edges[next].row);
        if (!edges[next].enters) active.erase(edges[next].row);
      }
      const std::uint32_t to = Next(input + 1, Relevant(active, input + 1));
      if (segments.empty() || segments.back().second != to) segments.emplace_back(begin, to);
      if (next == edges.size() || work_ > kWorkMax) break;
      begin = edges[next].at;
    }
    DecisionGraph::Node node;
    node.input = static_cast<std::uint32_t>(input);
    node.unknown_next = Next(input + 1, Relevant(unknown, input + 1));
    node.first = static_cast<std::uint32_t>(graph_.begins.size());
    node.count = static_cast<std::uint32_t>(segments.size());
    for (const auto& [at, to] : segments) {
      graph_.begins.push_back(at);
      graph_.nexts.push_back(to);
    }
    graph_.nodes.push_back(node);
    const auto id = static_cast<std::uint32_t>(graph_.nodes.size() - 1);
    made_.emplace(key, id);
    return id;
  }

  const std::vector<std::vector<CellSet>>& rows_;
  const std::vector<CodeRange>& domains_;
  std::vector<std::size_t> free_from_;  // by row: from this input on all of its cells are free
  std::map<std::pair<std::size_t, Rows>, std::uint32_t> made_;
  DecisionGraph graph_;
  std::size_t work_ = 0;
};

}  // namespace

bool CellSet::Has(std::optional<std::int64_t> code) const {
  if (!code) return unknown;
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const CodeRange& range) { return range.low <= *code && *code <= range.high; });
}

bool CellSet::Covers(const CellSet& other) const {
  if (other.unknown && !unknown) return false;
  return std::ranges::all_of(other.ranges, [&](const CodeRange& inner) {
    return std::ranges::any_of(
        ranges, [&](const CodeRange& outer) { return outer.low <= inner.low && inner.high <= outer.high; });
  });
}

std::optional<DecisionGraph> MakeDecisionGraph(const std::vector<std::vector<CellSet>>& rows,
                                               const std::vector<CodeRange>& domains) {
  return GraphMaker(rows, domains).Run();
}

std::vector<bool> ReachedRows(const DecisionGraph& graph, std::size_t row_count) {
  std::vector<bool> reached(row_count, false);
  const std::uint32_t last_input = graph.nodes.back().input;
  std::uint32_t inputs = last_input;
  for (const DecisionGraph::Node& node : graph.nodes) inputs = std::max(inputs, node.input);
  for (const DecisionGraph::Node& node : graph.nodes) {
    if (node.input != inputs) continue;
    if (node.unknown_next != DecisionGraph::kNoRow) reached[node.unknown_next] = true;
    for (std::uint32_t i = 0; i < node.count; ++i) {
      const std::uint32_t row = graph.nexts[node.first + i];
      if (row != DecisionGraph::kNoRow) reached[row] = true;
    }
  }
  return reached;
}

std::optional<std::vector<CodeRange>> FindGap(const DecisionGraph& graph,
                                              const std::vector<CodeRange>& domains) {
  // Depth first over known values; a node that leads to no gap is not entered again.
  std::vector<bool> seen(graph.nodes.size(), false);
  struct Step {
    std::uint32_t node;
    std::uint32_t segment = 0;
  };
  std::vector<Step> path = {{static_cast<std::uint32_t>(graph.nodes.size() - 1)}};
  const auto range_of = [&](const Step& step) {
    const DecisionGraph::Node& node = graph.nodes[step.node];
    const std::uint32_t at = node.first + step.segment;
    const bool is_last = step.segment + 1 == node.count;
    return CodeRange{graph.begins[at], is_last ? domains[node.input].high : graph.begins[at + 1] - 1};
  };
  while (!path.empty()) {
    Step& step = path.back();
    const DecisionGraph::Node& node = graph.nodes[step.node];
    if (step.segment == node.count) {
      path.pop_back();
      if (!path.empty()) ++path.back().segment;
      continue;
    }
    const std::uint32_t next = graph.nexts[node.first + step.segment];
    if (next == DecisionGraph::kNoRow) {
      std::vector<CodeRange> gap = domains;
      for (const Step& each : path) gap[graph.nodes[each.node].input] = range_of(each);
      return gap;
    }
    if (node.input + 1 == domains.size() || seen[next]) {
      ++step.segment;
    } else {
      seen[next] = true;
      path.push_back({next});
    }
  }
  return std::nullopt;
}

}  // namespace lull::dsl
