"""Words and decisions of demands: natures, doors, what must be said, who must not see it, how one closes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from niangjia.engines.casework.rules import Stage, Urgency, Verb
from niangjia.kernel.errors import Refused
from niangjia.kernel.numbers import check_phone, tidy_phone
from niangjia.kernel.words import Code, Word

KIND_OF_CASE = "demands.demand"


class Nature(Code):
    ENQUIRY = 1, "咨询"
    HELP = 2, "求助"
    COMPLAINT = 3, "投诉"
    REPORT = 4, "举报"
    SUGGESTION = 5, "建议"
    PRAISE = 6, "表扬"


class Channel(Code):
    HOTLINE = 1, "热线"
    WINDOW = 2, "窗口"
    LETTER = 3, "来信"
    PETITION = 4, "信访"
    PHONE_PAGE = 5, "手机"
    ON_BEHALF = 6, "代录"  # an officer writes down what somebody said elsewhere
    SHEET = 7, "批量导入"
    PARTNER = 8, "转来"  # 12345, the province, another department
    VISIT = 9, "走访"
    STATION = 10, "驿站"


PUBLIC_DOORS = frozenset({Channel.PHONE_PAGE})
"""Doors at which nobody of the union stands; one asker comes through them only so often a day."""

MOST_A_DAY = 10
TITLE_SHOWN = 30
"""Characters of what was said that make a title where none was given."""
SHORTEST_REASON = 4
"""Characters: of why somebody looked at a name or number in full."""


class Party(Code):
    WORKER = 1, "职工"
    EMPLOYER = 2, "用人单位"


class HowClosed(Word):
    DIRECT_ANSWER = "DIRECT_ANSWER", "直接解答"
    EXPLAINED = "EXPLAINED", "解释疏导"
    COORDINATED = "COORDINATED", "协调解决"
    MEDIATED = "MEDIATED", "调解"
    HANDED_ON = "HANDED_ON", "移送监察/仲裁/法援"
    NOT_OURS = "NOT_OURS", "非职责范围"
    WITHDRAWN = "WITHDRAWN", "撤回"


class CallOutcome(Word):
    DEMAND = "DEMAND", "记为诉求"
    EXPLAINED = "EXPLAINED", "当场解答"
    FOLLOWED = "FOLLOWED", "查询进度"
    NUISANCE = "NUISANCE", "骚扰"
    DROPPED = "DROPPED", "中断"
    PROMISED = "PROMISED", "约定回电"


class LetterKind(Word):
    """The papers of the trade; each has its form and its number."""

    ACCEPTED = "ACCEPTED", "受理告知书"
    REFUSED = "REFUSED", "不予受理告知书"
    HAND_OVER = "HAND_OVER", "转办函"
    ASSIGN = "ASSIGN", "交办单"
    SUPERVISE = "SUPERVISE", "督办单"
    ANSWER = "ANSWER", "答复书"
    EXTENDED = "EXTENDED", "延期告知书"
    LEGAL_AID = "LEGAL_AID", "法律援助转介函"


class Needed(Word):
    """Facts that a kind of the catalogue asks for; the value is the field of `Facts` (or of the asker)."""

    EMPLOYER = "employer", "用人单位"
    PLACE = "place", "发生地点"
    HAPPENED_ON = "happened_on", "发生时间"
    PEOPLE = "people", "涉及人数"
    CLAIMED = "claimed_fen", "涉及金额"
    NAME = "asker_name", "姓名"
    PHONE = "asker_phone", "联系电话"


# --- limits that a door brings along ---

STATUTORY_LIMITS: Mapping[Channel, Mapping[str, list[Any]]] = {
    Channel.PETITION: {"accept": [15, "natural_days"], "answer": [60, "natural_days"], "close": [60, "natural_days"]},
}
"""信访工作条例: told within 15 days whether it is accepted, answered within 60, at most 30 more by one extension."""


def limits_of(channel: Channel, kind_limits: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the table of limits by urgency: the statute of the door before the custom of the kind."""
    return {**kind_limits, **STATUTORY_LIMITS.get(channel, {})}


# --- who must not see it ---

RIGHTS_GROUPS = frozenset({"01", "02", "03", "04", "05", "06", "07", "08"})
"""Groups of the catalogue in which a worker stands against an employer: pay, hours, insurance, contract, injury …"""

_FRIENDLY = frozenset({Nature.SUGGESTION, Nature.PRAISE})


def is_against_employer(nature: int, kind: str, party: int = Party.WORKER) -> bool:
    """Then the employer's own union learns of it only if the asker agrees. In doubt it is."""
    if party == Party.EMPLOYER or nature in _FRIENDLY:
        return False
    if nature in (Nature.COMPLAINT, Nature.REPORT):
        return True
    return not kind or kind[:2] in RIGHTS_GROUPS


# --- the facts ---

SHORTEST_BODY, LONGEST_BODY, LONGEST_TITLE = 2, 5000, 60
MOST_PEOPLE = 100_000
MOST_FEN = 10_000_000_000_00
_SPACES = re.compile(r"[ \t\u3000]+")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ENDS = re.compile(r"[。！？!?；;\n]")


@dataclass(frozen=True)
class Facts:
    """What is taken down of a demand, by any door. Ids are looked up by the action; sums are whole fen."""

    nature: int
    channel: int
    body: str
    title: str = ""
    kind: str = ""
    urgency: int | None = None  # None: as the kind says
    is_major: bool = False
    party: int = Party.WORKER
    asker_name: str = ""
    asker_phone: str = ""
    asker_user_id: int | None = None
    person_id: int | None = None
    asker_employer_id: int | None = None
    is_anonymous: bool = False
    is_confidential: bool = False
    tells_own_union: bool = False
    employer_id: int | None = None
    employer_name: str = ""
    accused_user_id: int | None = None
    division: str = ""
    zone_id: int | None = None
    place: str = ""
    happened_on: date | None = None
    people: int = 1
    claimed_fen: int | None = None
    recording: str = ""
    paper_number: str = ""  # on the letter, or in the sheet it came in
    suggested: Mapping[str, Any] = field(default_factory=dict)

    def tidied(self) -> Facts:
        """The same facts as they are kept: no stray spaces, a phone of digits, a title where none was given."""
        body = tidy_text(self.body)[:LONGEST_BODY]
        name = "" if self.is_anonymous else tidy_line(self.asker_name)
        return replace(
            self, body=body, title=decent(tidy_line(self.title)[:LONGEST_TITLE] or title_from(body)),
            asker_name=name[:50], asker_phone=tidy_phone(self.asker_phone),
            employer_name=tidy_line(self.employer_name)[:100], place=tidy_line(self.place)[:200],
            recording=self.recording.strip()[:300], paper_number=tidy_line(self.paper_number)[:40],
        )  # fmt: skip


def tidy_line(text: str) -> str:
    return _SPACES.sub(" ", _UNSEEN.sub("", text).replace("\n", " ")).strip()


def tidy_text(text: str) -> str:
    lines = (_SPACES.sub(" ", line).strip() for line in _UNSEEN.sub("", text.replace("\r\n", "\n")).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def title_from(body: str) -> str:
    """The first sentence, cut: who takes it down need not think of a title."""
    first = next((part for part in _ENDS.split(body) if part.strip()), body).strip()
    return first if len(first) <= TITLE_SHOWN else f"{first[: TITLE_SHOWN - 1]}…"


def problems_of(facts: Facts, *, today: date, synthetic: bool = False) -> dict[str, str]:
    """What stands against tidied facts, by field: sentences for the form."""
    wrong: dict[str, str] = {}
    if len(facts.body) < SHORTEST_BODY:
        wrong["body"] = "请写下诉求人说了什么，至少 2 个字。"
    if facts.nature not in set(Nature):
        wrong["nature"] = "请选择诉求性质。"
    if facts.channel not in set(Channel):
        wrong["channel"] = "请选择来源。"
    if facts.asker_phone and (problem := check_contact(facts.asker_phone, synthetic=synthetic)):
        wrong["asker_phone"] = problem
    if not 1 <= facts.people <= MOST_PEOPLE:
        wrong["people"] = "涉及人数应在 1 到 100,000 之间。"
    if facts.claimed_fen is not None and not 0 <= facts.claimed_fen <= MOST_FEN:
        wrong["claimed_fen"] = "涉及金额不能为负，也不能超过 100 亿元，请核对单位是不是“元”。"
    if facts.happened_on and facts.happened_on > today:
        wrong["happened_on"] = "发生日期不能晚于今天。"
    if facts.urgency is not None and facts.urgency not in set(Urgency):
        wrong["urgency"] = "请选择紧急程度。"
    return wrong


def check_contact(number: str, *, synthetic: bool = False) -> str | None:
    """A mobile phone, or a landline with its area code or without: people ring from the office."""
    if re.fullmatch(r"0\d{9,11}|[2-8]\d{6,7}", number, re.ASCII):
        return None
    return check_phone(number, synthetic=synthetic)


def ensure_facts(facts: Facts, *, today: date, synthetic: bool = False) -> None:
    """Raises Refused with the first problem; forms show all of them by `problems_of`."""
    for name, sentence in problems_of(facts, today=today, synthetic=synthetic).items():
        raise Refused(f"demand.{name}", sentence, name)


def still_needed(needs: Iterable[str], facts: Facts) -> list[Needed]:
    """The facts that its kind asks for and that nobody has given: a reminder, never a wall."""
    given = {
        Needed.EMPLOYER: bool(facts.employer_id or facts.employer_name), Needed.PLACE: bool(facts.place or facts.division),
        Needed.HAPPENED_ON: facts.happened_on is not None, Needed.PEOPLE: facts.people > 1,
        Needed.CLAIMED: facts.claimed_fen is not None, Needed.NAME: bool(facts.asker_name) or facts.is_anonymous,
        Needed.PHONE: bool(facts.asker_phone),
    }  # fmt: skip
    return [need for need in map(Needed, needs) if not given[need]]


def ensure_how_closed(how: str, recovered_fen: int | None, claimed_fen: int | None) -> None:
    """Raises Refused. More may come back than was claimed (interest, compensation), but not a hundredfold."""
    if how and how not in set(HowClosed):
        raise Refused("demand.how_closed", "请选择办结方式。", "how_closed")
    if recovered_fen is not None and not 0 <= recovered_fen <= MOST_FEN:
        raise Refused("demand.recovered_fen", "追回金额不能为负，也不能超过 100 亿元。", "recovered_fen")
    if recovered_fen and claimed_fen and recovered_fen > claimed_fen * 100:
        raise Refused(
            "demand.recovered_fen", "追回金额是诉求金额的一百倍以上，多半是单位填错了，请按“元”核对。", "recovered_fen"
        )


FIELD_LABELS: Mapping[str, str] = {
    "title": "标题", "body": "内容", "nature": "性质", "kind": "类别", "party": "诉求主体", "employer_id": "用人单位",
    "employer_name": "用人单位", "division_id": "所在镇街", "zone_id": "片区", "place": "地点", "happened_on": "发生日期",
    "people": "涉及人数", "claimed_fen": "涉及金额", "recording": "录音", "paper_number": "文号", "asker_name": "诉求人姓名",
    "asker_phone": "联系电话", "is_anonymous": "匿名", "tells_own_union": "是否告知本单位工会", "accused_user_id": "被反映的工作人员",
    "is_confidential": "保密",
}  # fmt: skip


def changed_labels(names: Iterable[str]) -> str:
    """For the timeline: which facts were put right, never what they were."""
    return "、".join(dict.fromkeys(FIELD_LABELS[name] for name in names if name in FIELD_LABELS))


# --- words for the search ---

_RUNS = re.compile(r"[0-9a-z\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
MOST_PAIRS = 2000


def _runs(text: str) -> list[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", text).lower())


def pairs_of(*texts: str) -> list[str]:
    """Every two characters that stand side by side, once: Chinese has no spaces between words."""
    found = dict.fromkeys(run[i : i + 2] for text in texts for run in _runs(text) for i in range(len(run) - 1))
    return list(found)[:MOST_PAIRS]


def likeness(one: Iterable[str], other: Iterable[str]) -> float:
    """How much two sets of pairs have in common, 0 to 1 (Dice)."""
    first, second = set(one), set(other)
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0


# --- abuse: never refused, told apart on the screen ---

ABUSE = (
    "操你", "草你", "艹你", "日你", "肏", "傻逼", "傻b", "煞笔", "沙雕", "妈的", "他妈", "你妈的", "尼玛", "王八蛋", "混蛋", "狗日",
    "狗东西", "畜生", "贱人", "贱货", "婊子", "去死", "脑残", "滚蛋", "滚犊子", "垃圾东西", "不要脸", "吃屎", "人渣", "败类",
)  # fmt: skip
_ABUSE = re.compile("|".join(sorted(map(re.escape, ABUSE), key=len, reverse=True)), re.IGNORECASE)


def abuse_in(text: str) -> list[str]:
    """The words of abuse in it, each once. An angry worker is a worker: the demand counts like any other."""
    return list(dict.fromkeys(found.lower() for found in _ABUSE.findall(text)))


def decent(text: str) -> str:
    """The same text with the words of abuse behind asterisks."""
    return _ABUSE.sub(lambda found: "＊" * len(found[0]), text)


# --- what the asker is told ---


class Step(Word):
    """Steps at which the asker gets a message."""

    RECEIVED = "received", "已登记"
    ACCEPTED = "accepted", "已受理"
    REFUSED = "refused", "不予受理"
    FACTS_ASKED = "facts_asked", "请补充材料"
    IN_HAND = "in_hand", "开始办理"
    ANSWERED = "answered", "已答复"
    RESOLVED = "resolved", "已化解"
    CLOSED = "closed", "已办结"
    NOT_SATISFIED = "not_satisfied", "继续办理"
    REOPENED = "reopened", "重新办理"
    MERGED = "merged", "合并办理"
    EXTENDED = "extended", "延期"
    WITHDRAWN = "withdrawn", "已撤回"


PLACEHOLDERS = {"number": "编号", "title": "标题", "stage": "现在到哪一步", "link": "查看链接"}
LONGEST_MESSAGE = 300

MESSAGES: Mapping[Step, str] = {
    Step.RECEIVED: "您反映的“{title}”已登记，编号 {number}。我们会尽快回复您。{link}",
    Step.ACCEPTED: "您的诉求 {number} 已受理，正在安排人办理。{link}",
    Step.REFUSED: "您的诉求 {number} 不在工会受理范围。原因和可以去的地方，请点链接查看。{link}",
    Step.FACTS_ASKED: "办理您的诉求 {number} 还需要您补充一些情况，请点链接填写。{link}",
    Step.IN_HAND: "您的诉求 {number} 已有专人办理。{link}",
    Step.ANSWERED: "您的诉求 {number} 已有答复，请查看并评价，我们也会给您回访。{link}",
    Step.RESOLVED: "您的诉求 {number} 已办结，感谢您的信任。14 天内仍有问题可以申请重新办理。{link}",
    Step.CLOSED: "您的诉求 {number} 多次联系未能接通，先作办结。14 天内可以申请重新办理。{link}",
    Step.NOT_SATISFIED: "您的诉求 {number} 我们会继续办理。{link}",
    Step.REOPENED: "您的诉求 {number} 已重新办理。{link}",
    Step.MERGED: "您的诉求 {number} 与同一件事合并办理，结果会单独告诉您。{link}",
    Step.EXTENDED: "您的诉求 {number} 情况较复杂，办理时间有所延长，请您谅解。{link}",
    Step.WITHDRAWN: "您的诉求 {number} 已按您的意思撤回。",
}
"""As delivered; an organisation may say it in its own words. None of them names the employer or the asker."""

SILENT_TITLE = "您反映的事项"
"""Stands for the title of a confidential demand: a message is read on a locked screen by whoever is near."""


def step_of(verb: str, before: int | None, after: int) -> Step | None:
    """What a step of the case means to the asker; None: nothing that is told."""
    if verb in _BY_VERB:
        return _BY_VERB[verb]
    if before == after or (before, after) == (Stage.FACTS_ASKED, Stage.RECEIVED):
        return None
    if (before, after) == (Stage.ANSWERED, Stage.IN_HAND):
        return Step.NOT_SATISFIED
    return _AFTER.get(after)


_BY_VERB: Mapping[str, Step | None] = {
    Verb.RECORD: None,  # told by `record_demand`, when its own row is there
    Verb.EXTEND: Step.EXTENDED,
    Verb.REOPEN: Step.REOPENED,
}
_AFTER: Mapping[int, Step] = {
    Stage.ACCEPTED: Step.ACCEPTED, Stage.REFUSED: Step.REFUSED, Stage.FACTS_ASKED: Step.FACTS_ASKED,
    Stage.IN_HAND: Step.IN_HAND, Stage.ANSWERED: Step.ANSWERED, Stage.RESOLVED: Step.RESOLVED,
    Stage.CLOSED: Step.CLOSED, Stage.MERGED: Step.MERGED, Stage.WITHDRAWN: Step.WITHDRAWN,
}  # fmt: skip

_HOLDERS = re.compile(r"\{([^{}]*)\}")


def check_message(text: str) -> str | None:
    """What is wrong with a text that an organisation wrote; None: nothing."""
    if not text.strip():
        return "请写下要告诉诉求人的话；想用原来的，请点“恢复默认”。"
    if len(text) > LONGEST_MESSAGE:
        return f"最多 {LONGEST_MESSAGE} 个字，现在是 {len(text)} 个。"
    unknown = [name for name in _HOLDERS.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        known = "、".join(f"{{{name}}}" for name in PLACEHOLDERS)
        return f"不认识 {{{unknown[0]}}}，只能用 {known}。"
    return None


def message_text(text: str, values: Mapping[str, str]) -> str:
    """The placeholders filled in; one without a value leaves no gap."""
    return _HOLDERS.sub(lambda found: values.get(found[1], ""), text).strip()
