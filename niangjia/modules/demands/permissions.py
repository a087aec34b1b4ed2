"""The rights over demands, their catalogue and the map of who answers for what."""

from enum import StrEnum


class Permission(StrEnum):
    DEMAND_VIEW = "demands:demand:view"
    DEMAND_RECORD = "demands:demand:record"  # take down what somebody says, at the desk, the window, on the telephone
    DEMAND_ACCEPT = "demands:demand:accept"  # accept, refuse, ask for facts, merge, split, assign
    DEMAND_HANDLE = "demands:demand:handle"  # be the lead or a co-handler
    DEMAND_CALL_BACK = "demands:demand:call_back"
    DEMAND_SUPERVISE = "demands:demand:supervise"  # urge, hand over another's, regrade; who is slow
    DEMAND_INSTRUCT = "demands:demand:instruct"  # 分管领导: extensions, 批示
    DEMAND_REVEAL = "demands:demand:reveal"  # the asker's name and phone in full, with a reason
    HOTLINE_ANSWER = "demands:hotline:answer"
    CATALOGUE_EDIT = "demands:catalogue:edit"
    RESPONSIBILITY_EDIT = "demands:responsibility:edit"
    EMERGENCY_EDIT = "demands:emergency:edit"
    ALERT_ACKNOWLEDGE = "demands:alert:acknowledge"
