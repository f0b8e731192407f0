// Definitions that need their own value in the same moment.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "dsl/checker.h"
#include "dsl/program_walk.h"

namespace lull::dsl {
namespace {

// A feature, score or stall. Journeys are read as they were before the moment, so they close no cycle.
using Node = std::pair<ExprKind, std::uint32_t>;

class CycleFinder {
 public:
  CycleFinder(const CheckedProgram& program, Diagnostics& diagnostics)
      : program_(program), diagnostics_(diagnostics) {}

  void Run() {
    for (FeatureId id = 0; id < program_.features.size(); ++id) {
      Search({ExprKind::kFeature, id});
    }
    for (ScoreId id = 0; id < program_.scores.size(); ++id) {
      Search({ExprKind::kScore, id});
    }
    for (StallId id = 0; id < program_.stalls.size(); ++id) {
      Search({ExprKind::kStall, id});
    }
  }

 private:
  struct Step {
    Node node;
    std::vector<Node> needs;
    std::size_t next = 0;
  };

  std::vector<Node> Needs(Node node) const {
    std::vector<Node> needs;
    const auto collect = [&](ExprId root, RootUse use) {
      if (use == RootUse::kText) {
        return;  // texts are made for tasks, after all values
      }
      VisitExprs(program_, root, [&](ExprId, const Expr& expr) {
        if (expr.kind == ExprKind::kFeature || expr.kind == ExprKind::kScore ||
            expr.kind == ExprKind::kStall) {
          needs.emplace_back(expr.kind, expr.index);
        }
      });
    };
    if (node.first == ExprKind::kFeature) {
      collect(program_.features[node.second].value, RootUse::kValue);
    } else if (node.first == ExprKind::kScore) {
      VisitRoots(program_.scores[node.second], collect);
    } else {
      VisitRoots(program_.stalls[node.second], collect);
    }
    return needs;
  }

  void Search(Node root) {
    if (done_.contains(root)) {
      return;
    }
    std::vector<Step> path;
    path.push_back({root, Needs(root)});
    done_[root] = false;
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == step.needs.size()) {
        done_[step.node] = true;
        path.pop_back();
        continue;
      }
      const Node next = step.needs[step.next++];
      const auto [at, is_new] = done_.emplace(next, false);
      if (is_new) {
        path.push_back({next, Needs(next)});
      } else if (!at->second) {
        ReportCycle(path, next);
      }
    }
  }

  void ReportCycle(const std::vector<Step>& path, Node start) {
    std::string chain;
    bool inside = false;
    for (const Step& step : path) {
      inside = inside || step.node == start;
      if (inside) {
        chain += Quoted(NameOf(step.node)) + " needs ";
      }
    }
    diagnostics_
        .Report(Code::kCycle, SpanOf(start),
                "the " + KindOf(start) + " " + Quoted(NameOf(start)) + " needs its own value")
        .Explain(chain + Quoted(NameOf(start)))
        .Help(
            "take one of them out of the circle. A journey may be read anywhere: it shows what held before");
  }

  static std::string KindOf(Node node) {
    return node.first == ExprKind::kFeature ? "feature" : node.first == ExprKind::kScore ? "score" : "stall";
  }
  std::string NameOf(Node node) const {
    return node.first == ExprKind::kFeature ? program_.features[node.second].name
           : node.first == ExprKind::kScore ? program_.scores[node.second].name
                                            : program_.stalls[node.second].name;
  }
  Span SpanOf(Node node) const {
    return node.first == ExprKind::kFeature ? program_.features[node.second].span
           : node.first == ExprKind::kScore ? program_.scores[node.second].span
                                            : program_.stalls[node.second].span;
  }

  const CheckedProgram& program_;
  Diagnostics& diagnostics_;
  std::map<Node, bool> done_;  // false: on the path
};

}  // namespace

void ReportCycles(const CheckedProgram& program, Diagnostics& diagnostics) {
  CycleFinder(program, diagnostics).Run();
}

}  // namespace lull::dsl
