#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace replicawatch::bench {

/// Runs `round` some times and prints the median in seconds: the floor, to which a scrape is
/// compared.
template <class Round>
int PrintFloor(Round round) {
  constexpr int kWarmUp = 50;
  constexpr int kRounds = 500;
  std::vector<double> seconds;
  for (int i = 0; i < kWarmUp + kRounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (!round()) {
      std::fprintf(stderr, "a command failed\n");
      return 1;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (i >= kWarmUp) seconds.push_back(took.count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRounds / 2, seconds.end());
  std::printf("%.9f\n", seconds[kRounds / 2]);
  return 0;
}

}  // namespace replicawatch::bench
