// Many idle workers of one repository: how often they wake up, and what they take of a processor.
// usage: idle_workers REPOSITORY [COUNT] [SECONDS]
// Where the user may have fewer watchers than that (fs.inotify.max_user_instances), the rest look
// again and again.

#include <samara/samara.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

struct Used {
  double seconds = 0;
  long switches = 0;
};

Used used() {
  rusage raw{};
  getrusage(RUSAGE_SELF, &raw);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {seconds(raw.ru_utime) + seconds(raw.ru_stime), raw.ru_nvcsw + raw.ru_nivcsw};
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::fprintf(stderr, "usage: idle_workers REPOSITORY [COUNT] [SECONDS]\n");
    return 1;
  }
  const int workers_wanted = count > 2 ? std::atoi(words[2]) : 1000;
  const double seconds = count > 3 ? std::atof(words[3]) : 10;
  std::vector<samara_worker*> workers;
  std::vector<std::thread> threads;
  int told = 0;
  for (int i = 0; i < workers_wanted; i++) {
    samara_worker_options options{};
    options.struct_size = sizeof options;
    options.runtime = "cpp";
    options.slots = 1;
    samara_worker* worker = nullptr;
    if (samara_worker_open(words[1], &options, &worker) != SAMARA_OK ||
        samara_worker_start(worker) != SAMARA_OK) {
      std::fprintf(stderr, "idle_workers: worker %d: %s\n", i, samara_worker_error());
      return 1;
    }
    if (samara_worker_fd(worker) >= 0) told++;
    workers.push_back(worker);
    threads.emplace_back([worker] {
      samara_request* request = nullptr;
      while (samara_worker_next(worker, -1, &request) == SAMARA_OK && request != nullptr) {
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::seconds(3));
  const Used before = used();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const Used after = used();
  std::printf(
      "{\"benchmark\": \"idle\", \"workers\": %d, \"told_by_kernel\": %d, \"wakeups_per_s\": %.2f, "
      "\"cpu_percent\": %.3f}\n",
      workers_wanted, told, static_cast<double>(after.switches - before.switches - 1) / seconds,
      100 * (after.seconds - before.seconds) / seconds);
  for (samara_worker* worker : workers) samara_worker_interrupt(worker);
  for (std::thread& thread : threads) thread.join();
  for (samara_worker* worker : workers) samara_worker_close(worker);
  return 0;
}
