"""The open API, `/api/v1/`: 12345, the province and other systems hand demands over and ask how they stand.

Every request is signed (`rules.py`). Answers are JSON; a refusal says `code`, `message` and, where there is one, `field`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, NinjaAPI, Path, Schema, Status
from ninja.errors import AuthenticationError, ValidationError
from ninja.security.base import AuthBase
from pydantic import AwareDatetime

from niangjia.engines.casework.models import Case
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.money import fen_of
from niangjia.modules.demands.actions import Channel, Facts, Nature, Party
from niangjia.modules.exchange import queries
from niangjia.modules.exchange.actions import handing_over
from niangjia.modules.exchange.actions.partners import heard_from
from niangjia.modules.exchange.models import Partner
from niangjia.modules.exchange.rules import KEY, SIGNATURE, TIME, signature, signature_problem


class Signed(AuthBase):
    """Three headers: the key, the time, the signature."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = SIGNATURE

    def __call__(self, request: HttpRequest) -> Partner:
        now = timezone.now()
        partner = queries.partner_by_key(request.headers.get(KEY, ""))
        if partner is None:
            raise AuthenticationError(message=f"{KEY} 不对，或这个单位已停用。")
        time = request.headers.get(TIME, "")
        expected = signature(
            str(partner.secret), method=request.method or "", path=request.get_full_path(), time=time, body=request.body
        )
        problem = signature_problem(request.headers.get(SIGNATURE, ""), expected, time=time, now=now)
        if problem:
            raise AuthenticationError(message=problem)
        heard_from(partner, now=now)
        request.partner = partner  # type: ignore[attr-defined]
        return partner


api = NinjaAPI(
    title="娘家开放接口",
    version="1",
    description=(
        "把诉求转给工会、补充、催办、撤回，查询办理情况。每个请求都要签名：\n"
        f"{SIGNATURE} = HMAC-SHA256(密钥, 方法 + 换行 + 路径(含查询) + 换行 + {TIME} + 换行 + 正文的SHA-256)，十六进制。"
        "办理进展按同样的签名方式推送到贵方的回传地址；以 2xx 回答即为收到，否则三天内逐次重发，"
        "请按 X-Niangjia-Delivery 去重。"
    ),
    auth=Signed(),
    docs_url=None,  # our own page explains it; the usual one brings scripts from elsewhere
    openapi_url=None,
    urls_namespace="api-v1",
)


class Asker(Schema):
    name: str = Field(default="", max_length=50, description="诉求人姓名")
    phone: str = Field(default="", max_length=30, description="联系电话")
    is_anonymous: bool = Field(default=False, description="匿名")
    is_confidential: bool = Field(default=False, description="要求保密：只有经办人看得到")
    tells_own_union: bool = Field(default=False, description="同意让本单位工会知道")
    party: int = Field(default=1, ge=1, le=2, description="1 职工，2 用人单位")


class About(Schema):
    name: str = Field(default="", max_length=100, description="被反映或所在的用人单位")
    place: str = Field(default="", max_length=200, description="地点")
    division: str = Field(default="", max_length=12, description="行政区划代码（镇街 9 位）")


class NewDemand(Schema):
    number: str = Field(max_length=60, description="贵方的工单编号；同一编号重发不会重复登记")
    title: str = Field(default="", max_length=100, description="标题，可空")
    content: str = Field(min_length=1, max_length=10_000, description="诉求内容")
    nature: int = Field(default=2, ge=1, le=6, description="1 咨询 2 求助 3 投诉 4 举报 5 建议 6 表扬")
    kind: str = Field(default="", max_length=4, description="诉求目录的编码，不知道可空")
    urgency: int | None = Field(default=None, ge=1, le=4, description="1 一般 2 较急 3 紧急 4 特急；空着按目录")
    is_major: bool = Field(default=False, description="重大")
    received_at: AwareDatetime | None = Field(default=None, description="贵方收到的时间，带时区")
    due_at: AwareDatetime | None = Field(default=None, description="贵方要求的办结时间；与我方期限取早，带时区")
    happened_on: date | None = Field(default=None, description="发生日期")
    people: int = Field(default=1, ge=1, le=1_000_000, description="涉及人数")
    claimed_yuan: str = Field(default="", max_length=20, description="涉及金额（元），如 126000.00")
    asker: Asker = Asker()
    about: About = About()


class Step(Schema):
    at: datetime
    what: str
    text: str


class Demand(Schema):
    number: str = Field(description="工会的编号")
    partner_number: str = Field(description="贵方的编号")
    stage: str
    stage_label: str
    received_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    repeated: bool = Field(default=False, description="这个编号以前收到过，没有重复登记")


class DemandWithSteps(Demand):
    steps: list[Step]


class Words(Schema):
    id: str = Field(max_length=60, description="这条消息在贵方的编号；重发时保持不变")
    text: str = Field(min_length=1, max_length=2_000, description="内容")


class Rating(Schema):
    id: str = Field(max_length=60, description="这条消息在贵方的编号；重发时保持不变")
    rating: int = Field(ge=1, le=5, description="1 到 5 分")
    is_satisfied: bool = Field(description="诉求人是否满意")
    text: str = Field(default="", max_length=500, description="评价的话")


class Problem(Schema):
    code: str
    message: str
    field: str | None = None


REFUSALS = frozenset({401, 404, 409, 422})
Number = Annotated[str, Path(max_length=60, description="贵方的或工会的编号")]


def shown(case: Case, *, repeated: bool = False) -> dict[str, Any]:
    return {
        "number": case.number,
        "partner_number": case.partner_number,
        "stage": case.stage_now.name.lower(),
        "stage_label": case.stage_now.label,
        "received_at": timezone.localtime(case.received_at),
        "due_at": case.due_at and timezone.localtime(case.due_at),
        "ended_at": case.ended_at and timezone.localtime(case.ended_at),
        "repeated": repeated,
    }


def partner_of(request: HttpRequest) -> Partner:
    return request.partner  # type: ignore[attr-defined, no-any-return]


@api.post("/demands", response={201: Demand, 200: Demand, REFUSALS: Problem}, summary="转来一件诉求")
def post_demand(request: HttpRequest, new: NewDemand) -> Status[dict[str, Any]]:
    facts = Facts(
        nature=Nature(new.nature), channel=Channel.PARTNER, body=new.content, title=new.title, kind=new.kind,
        urgency=new.urgency, is_major=new.is_major, party=Party(new.asker.party), asker_name=new.asker.name,
        asker_phone=new.asker.phone, is_anonymous=new.asker.is_anonymous, is_confidential=new.asker.is_confidential,
        tells_own_union=new.asker.tells_own_union, employer_name=new.about.name, division=new.about.division,
        place=new.about.place, happened_on=new.happened_on, people=new.people,
        claimed_fen=fen_of(new.claimed_yuan, "claimed_yuan") if new.claimed_yuan else None,
    )  # fmt: skip
    done = handing_over.hand_over(
        partner_of(request), facts, number=new.number, received_at=new.received_at, due_at=new.due_at,
        now=timezone.now(),
    )  # fmt: skip
    return Status(201 if done.is_new else 200, shown(done.case, repeated=not done.is_new))


@api.get("/demands/{number}", response={200: DemandWithSteps, REFUSALS: Problem}, summary="查询办理情况")
def get_demand(request: HttpRequest, number: Number) -> dict[str, Any]:
    case = queries.handed_over(partner_of(request), number)
    if case is None:
        raise Missing("没有找到这个编号的诉求。")
    return shown(case) | {"steps": queries.steps_told(case)}


@api.post("/demands/{number}/facts", response={200: Demand, REFUSALS: Problem}, summary="补充情况")
def post_facts(request: HttpRequest, number: Number, words: Words) -> dict[str, Any]:
    return shown(
        handing_over.add_facts(partner_of(request), number, message=words.id, text=words.text, now=timezone.now())
    )


@api.post("/demands/{number}/urge", response={200: Demand, REFUSALS: Problem}, summary="催办")
def post_urge(request: HttpRequest, number: Number, words: Words) -> dict[str, Any]:
    return shown(handing_over.urge(partner_of(request), number, message=words.id, text=words.text, now=timezone.now()))


@api.post("/demands/{number}/rating", response={200: Demand, REFUSALS: Problem}, summary="诉求人的评价")
def post_rating(request: HttpRequest, number: Number, rating: Rating) -> dict[str, Any]:
    case = handing_over.rate(
        partner_of(request), number, message=rating.id, rating=rating.rating, is_satisfied=rating.is_satisfied,
        text=rating.text, now=timezone.now(),
    )  # fmt: skip
    return shown(case)


@api.post("/demands/{number}/withdraw", response={200: Demand, REFUSALS: Problem}, summary="撤回")
def post_withdrawal(request: HttpRequest, number: Number, words: Words) -> dict[str, Any]:
    return shown(
        handing_over.take_back(partner_of(request), number, message=words.id, reason=words.text, now=timezone.now())
    )


@api.exception_handler(Refused)
def on_refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    status = 422 if refusal.field else 409
    return _problem(request, status, refusal.code, refusal.message, refusal.field)


@api.exception_handler(Missing)
def on_missing(request: HttpRequest, missing: Missing) -> HttpResponse:
    return _problem(request, 404, "missing", str(missing) or "没有找到。")


@api.exception_handler(NotPermitted)
def on_not_permitted(request: HttpRequest, _: NotPermitted) -> HttpResponse:
    return _problem(request, 403, "not_permitted", "没有这项权限。")


@api.exception_handler(AuthenticationError)
def on_unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _problem(request, 401, "unsigned", error.message)


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    field = ".".join(str(part) for part in first.get("loc", ())[2:]) or None
    return _problem(request, 422, "invalid", f"请求内容不对：{first.get('msg', '')}", field)


def _problem(request: HttpRequest, status: int, code: str, message: str, field: str | None = None) -> HttpResponse:
    return api.create_response(request, {"code": code, "message": message, "field": field}, status=status)
