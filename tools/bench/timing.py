"""Timing that the PyTorch scripts share: the counterpart of best_time() in common.R."""
import time


def best_time(call, rounds=15, at_most=2.0):
    """Seconds of one call: the best of several rounds, each as many calls as fill 20 ms."""
    start = time.perf_counter()
    call()
    once = time.perf_counter() - start
    calls = max(1, int(0.02 / max(once, 1e-6)) + 1)
    best, begun = once, time.perf_counter()
    for done in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - start) / calls)
        if done >= 2 and time.perf_counter() - begun > at_most:
            break
    return best
