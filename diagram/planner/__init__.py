"""The planner: the cheapest order of merging, as a Plan."""

from diagram.planner.plan import plan
from diagram.planner.steps import Alone, Attend, Causal, Merge, Number, Plan, Step

__all__ = ["Alone", "Attend", "Causal", "Merge", "Number", "Plan", "Step", "plan"]
