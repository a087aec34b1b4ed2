"""The words of a demand by which it is compared: the title counts twice, of the body its beginning."""

from __future__ import annotations

import itertools
import re
import unicodedata

from niangjia.modules.demands.triage.words import segmenter

TITLE_READ, BODY_READ = 100, 200
BESIDE = "_"
"""Between two words of a title that stand side by side."""
LONGEST_WORD = 20
MOST_WORDS = 160
_MASKED = re.compile(r"[A-Z]\d{0,3}[市区县州]")
"""Places whose names an organiser has hidden: they are places, not words."""
_WORD = re.compile(r"[一-鿿]{2,}|[A-Za-z][A-Za-z0-9]+")

_SAID = (
    "我们 你们 他们 她们 咱们 大家 自己 本人 别人 有人 什么 怎么 怎样 如何 为何 为什么 哪里 "
    "哪个 多少 几个 这个 那个 这些 那些 这样 那样 这里 那里 这种 一个 一些 一样 一直 一下 "
    "一次 一名 没有 不是 不能 不会 不让 不要 不到 就是 还是 还有 也是 都是 只有 可以 可能 "
    "应该 需要 必须 因为 所以 但是 而且 如果 虽然 然后 于是 或者 以及 并且 现在 目前 至今 "
    "已经 曾经 正在 之后 以后 之前 以前 当时 今天 昨天 明天 时候 时间 情况 问题 事情 方面 "
    "有关 相关 关于 对于 根据 通过 进行 作为 请问 希望 要求 请求 恳请 反映 反应 投诉 举报 "
    "咨询 建议 求助 领导 尊敬 敬爱 您好 你好 谢谢 感谢 帮忙 帮助 解决 处理 说法 回复 答复 "
    "部门 政府 工会 同志 书记 市长 主席 知道 觉得 认为 看到 听说 告诉 非常 特别 十分 比较 "
    "真的 到底 究竟 是否 能否 能不能 是不是 有没有 "
)
_SAID_BY_ALL = frozenset(_SAID.split())


def tidy(text: str) -> str:
    return unicodedata.normalize("NFKC", text or "").replace("\x00", " ")


def without_masks(text: str) -> str:
    return _MASKED.sub(" ", text)


def words_of(title: str, body: str) -> list[str]:
    """With repeats: the title's twice, and its neighbours as one. Empty for a title of pictures and no body."""
    said = _cut(title[:TITLE_READ])
    together = [f"{one}{BESIDE}{next_}"[:LONGEST_WORD] for one, next_ in itertools.pairwise(said)]
    return [*said, *said, *together, *_cut(body[:BODY_READ])][:MOST_WORDS]


def _cut(text: str) -> list[str]:
    found = segmenter().cut(without_masks(tidy(text)))
    return [word[:LONGEST_WORD] for word in found if _WORD.fullmatch(word) and word not in _SAID_BY_ALL]
