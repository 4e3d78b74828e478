"""Learning rate: a short rise, then a half cosine down. By steps, not by the clock, so that a run can be resumed and repeated."""
from __future__ import annotations

import math


def rate_at(step: int, steps: int, peak: float, warm_up: float = 0.03, floor: float = 0.004) -> float:
    """Learning rate of a step.

    :param warm_up: share of all steps that it rises
    :param floor: share of `peak` below which it never falls
    """
    done = min(1.0, step / max(1, steps))
    if done < warm_up:
        return peak * max(floor, done / warm_up)
    falling = (done - warm_up) / (1 - warm_up)
    return peak * max(floor, 0.5 * (1 + math.cos(math.pi * falling)))
