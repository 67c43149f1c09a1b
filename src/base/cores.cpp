#include "base/cores.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#ifdef __linux__
#include <sched.h>

#include <cerrno>
#endif

namespace convstep {

namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// Processors that the files of one control group allow, version 2 and version 1.
double quota_v2(const std::string& folder) {
  double quota = 0;
  double period = 0;
  std::ifstream file(folder + "/cpu.max");  // "max 100000": no limit, and no number
  return file >> quota >> period && quota > 0 && period > 0 ? quota / period : kNoLimit;
}

double quota_v1(const std::string& folder) {
  double quota = 0;
  double period = 0;
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
  std::ifstream period_file(folder + "/cpu.cfs_period_us");
  return quota_file >> quota && period_file >> period && quota > 0 && period > 0 ? quota / period
                                                                                 : kNoLimit;
}

// The least that a group and those it lies in allow. In a container `group` may be the host's name
// for it, of which nothing is seen here but the top.
template <typename Quota>
double least_quota(const std::string& top, std::string group, Quota quota) {
  double least = quota(top);
  while (group.size() > 1) {
    least = std::min(least, quota(top + group));
    group.erase(group.find_last_of('/'));
  }
  return least;
}

// A line of /proc/self/cgroup: number, controllers and group between colons; version 2 is 0 and
// names no controllers.
double container_quota() {
  const std::string top = "/sys/fs/cgroup";
  double least = std::min(quota_v2(top), quota_v1(top + "/cpu"));
  std::ifstream lines("/proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos || line[second + 1] != '/') continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") least = std::min(least, least_quota(top, group, quota_v2));
    if (controllers.find(",cpu,") != std::string::npos) {
      least = std::min(least, least_quota(top + "/cpu", group, quota_v1));
    }
  }
  return least;
}

int cores_of_affinity() {
#ifdef __linux__
  for (int most = 1024; most <= 1 << 20; most *= 2) {  // EINVAL: the kernel's mask is longer
    cpu_set_t* set = CPU_ALLOC(most);
    if (set == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(most);
    const bool known = sched_getaffinity(0, bytes, set) == 0;
    const bool longer = !known && errno == EINVAL;
    const int count = known ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (known) return count;
    if (!longer) break;
  }
#endif
  return static_cast<int>(std::thread::hardware_concurrency());  // 0: not known
}

}  // namespace

int available_cores() {
  static const double quota = std::ceil(container_quota());
  return std::max(1, static_cast<int>(std::min<double>(cores_of_affinity(), quota)));
}

}  // namespace convstep
