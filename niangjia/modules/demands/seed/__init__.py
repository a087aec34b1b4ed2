"""Demands that are made for demonstrations and benches."""

from niangjia.modules.demands.seed.story import begin_story, brought_by_visits, only_teller, tell_story

__all__ = ["begin_story", "brought_by_visits", "only_teller", "tell_story"]
