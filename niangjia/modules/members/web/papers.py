"""What is printed: the poster of a joining code, and the proof of a membership."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import segno
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from niangjia.kernel.crypto.masks import mask_identity
from niangjia.kernel.documents.typesetting import Document, typeset
from niangjia.kernel.errors import Missing
from niangjia.kernel.files.kinds import PDF
from niangjia.modules.members import rules
from niangjia.modules.members.models import JoiningCode, MembershipProof
from niangjia.modules.members.queries.proofs import DAYS_VALID
from niangjia.modules.organisations.queries.joining import Union, union_shown
from niangjia.ui.templatetags.ui import chinese_day

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "members"
GAINS = (
    ("有困难能帮", "生活困难、大病、子女上学，可以申请工会帮扶"),
    ("有纠纷能问", "工资、合同、社保，免费法律咨询和调解"),
    ("有活动能来", "体检疗休养、技能培训、文体活动、节日慰问"),
)


def joining_address(code: JoiningCode, site: str) -> str:
    """`site` is the beginning of our addresses: 'https://example.org'."""
    return f"{site}{reverse('worker:join', args=[code.token])}"


def joining_poster(code: JoiningCode, *, site: str, now: datetime) -> Document:
    address, union = joining_address(code, site), _union(code.scope_id)
    return typeset(
        TEMPLATES / "joining_poster.typ",
        {
            "union": union.name, "qr": qr_svg(address), "address": short(address), "gains": GAINS,
            "telephone": union.telephone, "place": union.address, "spot": code.spot, "token": code.token,
            "printed": chinese_day(timezone.localdate(now)),
        },
        now=now,
    )  # fmt: skip


def membership_proof(proof: MembershipProof, *, site: str) -> Document:
    membership, person = proof.membership, proof.membership.person
    address = f"{site}{reverse('proof:answer', args=[proof.code])}"
    union, kind = _union(proof.union_id).name, rules.Document(person.document_kind)
    facts = (
        ("姓　　名", person.name),
        (kind.label, mask_identity(person.document_number)),
        ("所在工会", union),
        ("入会日期", chinese_day(membership.joined_on)),
        ("会籍状态", rules.MembershipState(membership.status).label),
    )
    return typeset(
        TEMPLATES / "membership_proof.typ",
        {
            "number": proof.number, "facts": facts, "union": union, "qr": qr_svg(address),
            "address": short(f"{site}{reverse('proof:check')}"),
            "code": spaced(proof.code), "issued": chinese_day(timezone.localdate(proof.issued_at)), "days": DAYS_VALID,
        },
        now=proof.issued_at,
    )  # fmt: skip


def _union(pk: int) -> Union:
    found = union_shown(pk)
    if found is None:
        raise Missing
    return found


def qr_svg(text: str) -> str:
    """Error correction Q: a poster hangs outside and gets wet."""
    svg = io.BytesIO()
    segno.make(text, error="q", micro=False).save(svg, kind="svg", border=0, xmldecl=False, nl=False)
    return svg.getvalue().decode()


def qr_picture(text: str) -> str:
    """For a page: the address of a picture that holds itself."""
    return segno.make(text, error="q", micro=False).svg_data_uri(border=0)


def short(address: str) -> str:
    """As one types it."""
    return address.removeprefix("https://").removeprefix("http://").rstrip("/")


def spaced(code: str) -> str:
    return " ".join(code[place : place + 4] for place in range(0, len(code), 4))


def as_download(document: Document, name: str) -> HttpResponse:
    response = HttpResponse(document.content, content_type=PDF)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
