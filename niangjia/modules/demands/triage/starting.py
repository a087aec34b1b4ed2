"""What triage says before anything was learnt: from the words of the catalogue, and a few that mark a nature. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from niangjia.modules.demands.rules import Nature
from niangjia.modules.demands.triage.rules import Offer

SUREST_BY_WORDS = 0.9
WORTH_OF_A_CHARACTER = 0.5
"""Two more characters found make a kind e times as likely."""

NATURE_WORDS: dict[Nature, tuple[str, ...]] = {
    Nature.REPORT: ("我要举报", "举报", "检举", "揭发", "偷税", "行贿", "受贿", "冒领", "套取"),
    Nature.COMPLAINT: ("我要投诉", "投诉", "态度恶劣", "态度很差", "不作为", "推诿", "拖欠", "克扣", "不发工资", "没发工资", "没有发工资", "威胁", "辱骂"),
    Nature.SUGGESTION: ("我建议", "建议", "希望能", "能不能增加", "意见是"),
    Nature.PRAISE: ("表扬", "锦旗", "感谢工会", "特别感谢", "非常感谢", "谢谢工会", "点赞"),
    Nature.ENQUIRY: ("请问", "咨询", "想问", "问一下", "怎么办理", "怎么入会", "怎么申请", "需要什么材料", "什么条件", "多少钱", "是不是可以", "可以吗", "怎么算"),
    Nature.HELP: ("求助", "请求帮助", "帮帮", "请工会帮", "帮忙协调", "困难", "救助", "求工会"),
}  # fmt: skip


def kind_offers(found: Sequence[tuple[str, int, tuple[str, ...]]]) -> tuple[Offer, ...]:
    """(code, characters found, words), the best first: shares of what the words say, never quite sure."""
    total = sum(math.exp(WORTH_OF_A_CHARACTER * score) for _, score, _ in found)
    return tuple(
        Offer(code, SUREST_BY_WORDS * math.exp(WORTH_OF_A_CHARACTER * score) / total, words)
        for code, score, words in found
    )


def nature_offers(text: str) -> tuple[Offer, ...]:
    """By the words that mark a nature, longer ones more."""
    found = []
    for nature, words in NATURE_WORDS.items():
        hits = [word for word in words if word in text]
        own = tuple(word for word in hits if not any(word != other and word in other for other in hits))
        if own:
            found.append((str(nature.value), sum(map(len, own)), own))
    return kind_offers(sorted(found, key=lambda one: (-one[1], one[0])))


def urgency_offers(code: str, urgency: int, sureness: float, name: str) -> tuple[Offer, ...]:
    """As the kind says, as sure as the kind is."""
    return (Offer(str(urgency), sureness, (name,)),) if code else ()


def kind_examples(kinds: Iterable[tuple[str, str, Sequence[str]]]) -> list[tuple[str, str, str]]:
    """(code, name, words) as messages to begin with: (label, title, body), twice, since what stands once is not learnt."""
    return [(code, title, "，".join((name, *words))) for code, name, words in kinds for title in (name, "")]


def nature_examples() -> list[tuple[str, str, str]]:
    return kind_examples((str(nature.value), nature.label, words) for nature, words in NATURE_WORDS.items())
