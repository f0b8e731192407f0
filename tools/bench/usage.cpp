// Runs a program on one core and writes what it took: usage FILE CORE PROGRAM ARGUMENT…
// A child inherits the peak memory of whoever starts it, so a large process cannot measure a small one; this is small.
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

int main(int count, char** words) {
  if (count < 4) return 125;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(atoi(words[2]), &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) != 0) return 125;
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(words[3], words + 3);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) return 125;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  FILE* out = fopen(words[1], "w");
  if (out == nullptr) return 125;
  const auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
  fprintf(out, "%.6f %.6f %ld\n", seconds(usage.ru_utime) + seconds(usage.ru_stime), wall.count(), usage.ru_maxrss);
  fclose(out);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
