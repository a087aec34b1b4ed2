"""Words and decisions of demands: natures, doors, how one closes."""

from __future__ import annotations

from niangjia.kernel.words import Code, Word


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
