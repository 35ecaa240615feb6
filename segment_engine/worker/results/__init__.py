"""What a result means: why it differs from the one before, whether it may be published, when time outdates it."""

from segment_engine.worker.results.insight import Insight, gain_insight
from segment_engine.worker.results.judging import judge_result, keep_insight

__all__ = ["Insight", "gain_insight", "judge_result", "keep_insight"]
