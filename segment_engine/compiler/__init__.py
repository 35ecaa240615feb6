"""Criteria to SQL: boolean expressions over contacts. The only place with dynamic SQL; it never runs any."""

from segment_engine.compiler.analysis import Analysis, compile_analysis
from segment_engine.compiler.blocks import pack_block
from segment_engine.compiler.compiled import Compiled, Sql, compile_criteria
from segment_engine.compiler.occurring import occurring_values
from segment_engine.compiler.passing import next_stored
from segment_engine.compiler.scope import Earlier

__all__ = [
    "Analysis",
    "Compiled",
    "Earlier",
    "Sql",
    "compile_analysis",
    "compile_criteria",
    "next_stored",
    "occurring_values",
    "pack_block",
]
