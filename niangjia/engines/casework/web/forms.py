"""What is asked when something is done with a case. Cleaned names are those of the actions' arguments."""

from __future__ import annotations

from typing import Any

from django import forms

from niangjia.engines.casework.actions.opening import TITLE_LENGTH
from niangjia.engines.casework.rules import PauseReason, Urgency
from niangjia.engines.casework.web.fields import (
    CaseField,
    FilesField,
    MomentField,
    OfficerField,
    PlaceField,
    WordsField,
)
from niangjia.engines.casework.web.pickers import place_of_officer, used_offices
from niangjia.kernel.access.actor import Actor
from niangjia.ui.forms import DayField

RATINGS = [
    ("", "未评分"),
    (5, "5 分 非常满意"),
    (4, "4 分 满意"),
    (3, "3 分 一般"),
    (2, "2 分 不满意"),
    (1, "1 分 很不满意"),
]


class ActForm(forms.Form):
    """Made for one case and for whoever acts on it."""

    def __init__(self, data: Any = None, files: Any = None, *, actor: Actor, of: Any = None, **more: Any) -> None:
        super().__init__(data, files, **more)
        self.actor, self.of = actor, of

    def facts(self) -> dict[str, Any]:
        """The arguments of the action, beside case, actor and moment."""
        return dict(self.cleaned_data)


class Nothing(ActForm):
    """A sentence and a button are enough."""


class Text(ActForm):
    text = WordsField(label="说明", required=False)


class Reason(ActForm):
    reason = WordsField(label="原因", max_length=300)


class AcceptForm(ActForm):
    text = WordsField(label="受理意见（可不填）", required=False, help_text="诉求人看得到。", rows=3)


class RefuseForm(ActForm):
    reason = WordsField(label="不予受理的理由", max_length=500, help_text="会如实告知诉求人，请写清楚依据。")
    elsewhere = forms.CharField(
        label="可以去哪里办", required=False, max_length=200, help_text="如：县劳动监察大队，电话 12333。"
    )


class AskFactsForm(ActForm):
    text = WordsField(label="需要补充什么", max_length=500, help_text="会发给诉求人。等待期间暂停计时。")


class GiveFactsForm(ActForm):
    text = WordsField(label="补充的内容")
    by_name = forms.CharField(
        label="由谁补充", required=False, max_length=50, help_text="本人电话补充的，可填“诉求人来电”。"
    )
    attached = FilesField()


class GivenTo(ActForm):
    """A place, and somebody there if one likes; who is named tells the place."""

    scope_id = PlaceField(required=False)
    user_id = OfficerField(label="交给谁（可不选）", required=False, help_text="不选人就由该单位自己分派。")

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if self.errors:
            return facts
        if not facts.get("scope_id") and facts.get("user_id"):
            facts["scope_id"] = place_of_officer(facts["user_id"])
        if not facts.get("scope_id"):
            self.add_error("scope_id", "请选择单位，或者直接选人。")
        return facts


class AssignForm(GivenTo):
    text = WordsField(label="交办意见", required=False, rows=3)


class HandOverForm(GivenTo):
    reason = WordsField(label="转办原因", max_length=300, rows=3)


class HandBackForm(ActForm):
    reason = WordsField(label="退办原因", max_length=300, help_text="退回第三次时，由上一级单位决定归谁办。", rows=3)
    belongs_to = PlaceField(label="应当由谁办", required=False, help_text="知道的话请填上，会据此建议调整责任分工。")


class MergeForm(ActForm):
    into_id = CaseField(label="并入哪一件", help_text="并案后一起办理；每位诉求人各自收到答复、各自评价。")
    reason = WordsField(label="并案原因", max_length=300, rows=3)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["into_id"].shown_to(self.actor)  # type: ignore[attr-defined]


class SplitForm(ActForm):
    parts = WordsField(
        label="拆成哪几件", help_text="一行一件，写标题；原工单保留第一项以外的内容请另行说明。", rows=4,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "拖欠 9 月工资\n没有签劳动合同"}),
    )  # fmt: skip

    def clean_parts(self) -> list[str]:
        parts = [line.strip() for line in self.cleaned_data["parts"].splitlines() if line.strip()]
        if any(len(part) > TITLE_LENGTH for part in parts):
            raise forms.ValidationError(f"每件的标题不超过 {TITLE_LENGTH} 字。")
        return parts


class InviteForm(GivenTo):
    scope_id = PlaceField(label="请哪个单位协办", required=False)
    user_id = OfficerField(label="请谁协办")
    text = WordsField(label="请对方做什么", max_length=500, rows=3)
    due_at = MomentField(label="什么时候要", required=False, help_text="不填就以工单的时限为准。")
    field_order = ("user_id", "scope_id", "text", "due_at")


class TaskForm(ActForm):
    answer = WordsField(label="办理情况", help_text="主办人答复前会用到，请写清做了什么、结果怎样。")
    attached = FilesField()


class SendOutForm(ActForm):
    office = forms.CharField(
        label="外单位",
        max_length=60,
        widget=forms.TextInput(attrs={"list": "offices"}),
        help_text="如：县人力资源和社会保障局。",
    )
    text = WordsField(label="请对方办什么", max_length=500, rows=3)
    due_on = DayField(label="请在哪天前回复", widget=forms.DateInput)
    paper_number = forms.CharField(label="函的文号", required=False, max_length=40)

    @property
    def offices(self) -> list[str]:
        return used_offices()


class OutsideAnswerForm(TaskForm):
    answer = WordsField(label="对方的回复", help_text="按书面回复如实摘录，原件请作为附件上传。")


class ConsultForm(ActForm):
    held_at = MomentField(label="会商时间")
    place = forms.CharField(label="地点", max_length=100, required=False)
    participants = WordsField(
        label="参加人", help_text="一行一位，写姓名和单位。", rows=4,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "王建国　县人社局劳动监察大队\n李芳　县总工会权益保障部"}),
    )  # fmt: skip
    purpose = WordsField(label="要商定什么", max_length=300, rows=2)

    def clean_participants(self) -> list[str]:
        return [line.strip()[:60] for line in self.cleaned_data["participants"].splitlines() if line.strip()]


DECISIONS = 4


class MinutesForm(ActForm):
    """Minutes, and up to four decisions that become tasks."""

    minutes = WordsField(label="会商纪要", max_length=5000, rows=6)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        for n in range(1, DECISIONS + 1):
            self.fields[f"text{n}"] = forms.CharField(label=f"决定 {n}", max_length=500, required=False)
            self.fields[f"user_id{n}"] = OfficerField(label="由谁去办", required=False)
            self.fields[f"due_at{n}"] = MomentField(label="什么时候前", required=False)

    @property
    def decisions(self) -> list[tuple[Any, Any, Any]]:
        return [(self[f"text{n}"], self[f"user_id{n}"], self[f"due_at{n}"]) for n in range(1, DECISIONS + 1)]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        for n in range(1, DECISIONS + 1):
            if facts.get(f"text{n}") and not facts.get(f"user_id{n}"):
                self.add_error(f"user_id{n}", "请选择由谁去办。")
        return facts

    def facts(self) -> dict[str, Any]:
        said, decided = self.cleaned_data, []
        for n in range(1, DECISIONS + 1):
            if said[f"text{n}"]:
                user_id = said[f"user_id{n}"]
                decided.append((said[f"text{n}"], place_of_officer(user_id), user_id, said[f"due_at{n}"]))
        return {"minutes": said["minutes"], "decisions": decided}


class AnswerForm(ActForm):
    text = WordsField(label="答复内容", help_text="会原样发给诉求人：查了什么、怎么解决、依据是什么。", rows=7)
    attached = FilesField()


class ReplyForm(AnswerForm):
    text = WordsField(label="告知内容", help_text="会发给诉求人，并入本件的诉求人也会看到；工单继续办理。")


class RemarkForm(AnswerForm):
    text = WordsField(label="内部备注", help_text="只有办理人员看得到。")


class CallBackForm(ActForm):
    reached = forms.ChoiceField(
        label="联系上了吗", choices=[("yes", "联系上了"), ("no", "没联系上")], widget=forms.RadioSelect
    )
    satisfied = forms.ChoiceField(
        label="问题解决了吗", choices=[("yes", "解决了，本人认可"), ("no", "没解决，本人不认可")], required=False,
        widget=forms.RadioSelect, help_text="没有联系上的不用选。不认可的回到办理中。",
    )  # fmt: skip
    rating = forms.TypedChoiceField(label="评分", choices=RATINGS, coerce=int, empty_value=None, required=False)
    text = WordsField(label="对方怎么说", max_length=500, required=False, rows=3)

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if facts.get("reached") == "yes" and not facts.get("satisfied"):
            self.add_error("satisfied", "联系上了，请记下本人是否认可。")
        return facts

    def facts(self) -> dict[str, Any]:
        said = self.cleaned_data
        reached = said["reached"] == "yes"
        return {
            "is_reached": reached,
            "is_satisfied": said["satisfied"] == "yes" if reached else None,
            "rating": said["rating"] if reached else None,
            "text": said["text"],
        }


class ReopenForm(ActForm):
    reason = WordsField(label="为什么重新办理", max_length=300, rows=3)
    by_name = forms.CharField(
        label="谁提出的", required=False, max_length=50, help_text="诉求人本人提出的，可填“诉求人来电”。"
    )


class WithdrawForm(ReopenForm):
    reason = WordsField(label="撤回原因", max_length=300, rows=3)


class UrgeForm(ActForm):
    text = WordsField(label="催什么", max_length=300, rows=3)
    by_name = forms.CharField(label="谁催的", required=False, max_length=50, help_text="不填就是您本人。")


class InstructForm(ActForm):
    text = WordsField(label="批示", max_length=500)


class PauseForm(ActForm):
    reason = forms.ChoiceField(label="为什么暂停", choices=PauseReason.choices())
    text = WordsField(label="说明", required=False, max_length=300, rows=3)


class ExtensionForm(ActForm):
    days = forms.IntegerField(
        label="延长几天", min_value=1, max_value=60, help_text="工作日。每件只能延一次，由分管领导批准。"
    )
    reason = WordsField(label="延期原因", max_length=300, rows=3)


class DecisionForm(ActForm):
    granted = forms.ChoiceField(
        label="是否同意", choices=[("yes", "同意延期"), ("no", "不同意")], widget=forms.RadioSelect
    )
    answer = WordsField(label="意见", max_length=300, required=False, rows=3)

    def facts(self) -> dict[str, Any]:
        return {"is_granted": self.cleaned_data["granted"] == "yes", "answer": self.cleaned_data["answer"]}


class RegradeForm(ActForm):
    urgency = forms.TypedChoiceField(label="紧急程度", choices=Urgency.choices(), coerce=int)
    is_major = forms.BooleanField(label="重大（群体、伤亡、社会关注）", required=False)
    reason = WordsField(label="调整原因", max_length=300, rows=3)


class LookForm(ActForm):
    user_id = OfficerField(label="让谁知悉")
    reason = WordsField(label="原因", max_length=300, rows=3)
