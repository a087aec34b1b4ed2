"""What a worker agrees to before joining, word for word. A text that was once shown is never changed: it gets a
further version, and every consent says which one was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from niangjia.kernel.words import Word


class Purpose(Word):
    PHONE = "PHONE", "使用手机号码"
    IDENTITY = "IDENTITY", "处理身份证件信息"
    SHARING = "SHARING", "提供给拟加入的工会"


@dataclass(frozen=True)
class Text:
    short: str
    full: str
    withdrawn: str
    """What follows when the consent is taken back."""


TEXTS: Mapping[Purpose, tuple[Text, ...]] = {
    Purpose.PHONE: (
        Text(
            short="同意用我的手机号码登录，并把办理结果告诉我。",
            full=(
                "手机号码用来核实是您本人，并通知您申请办到哪一步。不用于推销，不公开。"
                "号码加密保存，您撤回同意后立即删除登录用的号码。"
            ),
            withdrawn="登录账号会注销，未办结的申请会撤回；会籍不受影响，以后可以重新登录。",
        ),
    ),
    Purpose.IDENTITY: (
        Text(
            short="同意处理我的姓名和身份证件号码，用来核对身份。",
            full=(
                "身份证件号码属于敏感个人信息。工会用它核对身份、防止重复入会，出生日期和性别从号码中读出，"
                "不必另填。号码加密保存，工作人员平时只看到部分数字，查看完整号码要写明原因并留下记录。"
            ),
            withdrawn="未办结的申请会撤回，以后要重新同意才能在手机上申请；已经入会的，会籍不受影响。",
        ),
    ),
    Purpose.SHARING: (
        Text(
            short="同意把申请信息提供给拟加入的工会及其上级工会。",
            full=(
                "接收方是您选择加入的工会和它的上级工会，只用于审核入会、管理会籍、提供会员服务。"
                "不提供给您的用人单位、平台企业和其他单位、个人。"
            ),
            withdrawn="未办结的申请会撤回，以后要重新同意才能在手机上申请；已经入会的，会籍由所在工会依法保管。",
        ),
    ),
}

NOTICE = (
    ("谁在处理", "您选择加入的工会和它的上级总工会。"),
    ("收集什么", "姓名、证件号码、手机号码、用人单位；从事外卖、快递等工作的，还有平台和工种。"),
    ("做什么用", "核实身份、审核入会、管理会籍、通知您结果、提供会员服务。"),
    ("存多久", "会籍存续期间，以及法律要求的档案保存期；没有入会的申请，办结一年后删除。"),
    ("您的权利", "随时查看、更正、导出自己的信息，撤回同意；在“我的”里办理，也可以找所在工会。"),
    ("不想在手机上办", "可以带身份证件到所在单位工会或镇街总工会当面办理，效果一样。"),
)


def current_version(purpose: Purpose) -> int:
    """The versions count from 1."""
    return len(TEXTS[purpose])


def text_of(purpose: Purpose, version: int = 0) -> Text:
    """The wording of a version; 0 is the current one."""
    return TEXTS[purpose][(version or current_version(purpose)) - 1]
