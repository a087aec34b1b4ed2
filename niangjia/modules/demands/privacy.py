"""What an asker agrees to on the phone, word for word. A text that was once shown is never changed: it gets a further
version, and every demand says which one was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    short: str
    notice: tuple[tuple[str, str], ...]


TEXTS: tuple[Text, ...] = (
    Text(
        short="同意工会用我填写的内容和联系方式来办理这件诉求。",
        notice=(
            ("谁在处理", "受理和办理这件诉求的工会。需要别的部门一起办的，只提供办理必需的内容。"),
            ("收集什么", "您写的情况、照片、单位名称；不匿名的，还有姓名和手机号码。"),
            ("做什么用", "只用来办理、答复和回访。不用于推销，不公开。"),
            ("怎么保密", "姓名和号码加密保存，工作人员平时只看到一部分，查看完整号码要写明原因并留下记录。"),
            ("存多久", "按工会档案的保管期限保存，到期销毁。"),
            ("您的权利", "可以随时查看、补充、撤回诉求；想更正或删除个人信息，拨打 12351 或找办理的工会。"),
        ),
    ),
)

CURRENT = len(TEXTS)
"""The versions count from 1."""


def text_of(version: int = CURRENT) -> Text:
    return TEXTS[version - 1]
