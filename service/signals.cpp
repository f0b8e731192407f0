#include "service/signals.h"

#include <csignal>

namespace lull::service {

namespace {

static_assert(std::atomic<bool>::is_always_lock_free, "or no signal handler may use it");

Signals g_signals;

void OnStop(int) { g_signals.stop = true; }
void OnReload(int) { g_signals.reload = true; }

}  // namespace

Signals& InstallSignals() {
  std::signal(SIGTERM, OnStop);
  std::signal(SIGINT, OnStop);
  std::signal(SIGHUP, OnReload);
  return g_signals;
}

}  // namespace lull::service
