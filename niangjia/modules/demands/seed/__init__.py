"""Demands that are made for demonstrations and benches."""

from niangjia.modules.demands.seed.story import begin_story, tell_story

__all__ = ["begin_story", "tell_story"]
