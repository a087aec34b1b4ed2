"""The components of the desk; a builtin library, so templates need no {% load %}.

docs/ui.md shows each with an example, /desk/_gallery/ shows them all.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.template.loader_tags import BlockNode
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from niangjia.kernel import money

register = template.Library()

EMPTY = "—"
MINUTE, HOUR, KIBI = 60, 3600, 1024
TONES = ("neutral", "primary", "info", "success", "warning", "error")


# ---- pictures and words


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file; before the assets are built the plain one."""
    try:
        return _built(path)
    except ValueError:
        return f"/static/{path}"


@cache
def _built(path: str) -> str:
    """Once a process: what was built doesn't change under it."""
    return static(path)


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """A Tabler icon out of the sprite. Decoration unless it has a label."""
    if not label:
        return _decoration(name, classes)
    return _drawn(name, classes, format_html('role="img" aria-label="{}"', label))


@lru_cache(maxsize=1000)
def _decoration(name: str, classes: str) -> SafeString:
    """A page has a hundred of a few dozen."""
    return _drawn(name, classes, mark_safe('aria-hidden="true"'))


def _drawn(name: str, classes: str, named: SafeString) -> SafeString:
    return format_html(
        '<svg class="icon {}" {}><use href="{}#{}"></use></svg>', classes, named, asset("dist/icons.svg"), name
    )


@register.simple_tag
def badge(text: Any, tone: str = "neutral", *, icon: str = "", solid: bool = False) -> SafeString:
    """A state in a word. Colour only repeats what the word says."""
    picture = globals()["icon"](icon) if icon else ""
    return format_html(
        '<span class="badge {} {}">{}{}</span>', "" if solid else "badge-soft", tone_class("badge", tone), picture, text
    )


def tone_class(kind: str, tone: str) -> str:
    return "" if tone == "neutral" or tone not in TONES else f"{kind}-{tone}"


@register.inclusion_tag("ui/parts/button.html")
def button(label: str, href: str = "", kind: str = "", icon: str = "", **more: Any) -> dict[str, Any]:
    """A link that looks like a button when it has `href`, else a button. kind: primary · error · ghost · ''."""
    return {
        "label": label,
        "href": href,
        "kind": kind,
        "icon": icon,
        "type": more.pop("type", "submit"),
        "attributes": attributes_of(more),
    }


def attributes_of(more: dict[str, Any]) -> SafeString:
    """`hx_get=…` as ` hx-get="…"`; True is a bare attribute, False and None are left out."""
    written = [
        format_html(" {}", name.replace("_", "-"))
        if value is True
        else format_html(' {}="{}"', name.replace("_", "-"), value)
        for name, value in more.items()
        if value not in (None, False)
    ]
    return format_html_join("", "{}", ((one,) for one in written))


# ---- values


@register.filter
def count(value: Any) -> str:
    """39138 as 39,138."""
    return EMPTY if value is None or value == "" else f"{value:,}" if isinstance(value, int) else str(value)


@register.filter
def yuan(value: int | None) -> str:
    """12600000 fen as 126,000.00."""
    return money.yuan(value) or EMPTY


@register.filter
def day(value: date | datetime | None) -> str:
    """2026-11-22."""
    if not value:
        return EMPTY
    return (timezone.localtime(value) if isinstance(value, datetime) else value).strftime("%Y-%m-%d")


@register.filter
def chinese_day(value: date | datetime | None) -> str:
    """2026年11月22日."""
    if not value:
        return EMPTY
    on = timezone.localtime(value) if isinstance(value, datetime) else value
    return f"{on.year}年{on.month}月{on.day}日"


@register.filter
def moment(value: datetime | None) -> str:
    """2026-11-22 09:12, without the year in the current one."""
    if not value:
        return EMPTY
    at = timezone.localtime(value)
    return at.strftime("%m-%d %H:%M" if at.year == timezone.localtime().year else "%Y-%m-%d %H:%M")


@register.filter
def ago(value: datetime | None) -> str:
    """刚刚 · 5 分钟前 · 3 小时前 · 昨天 09:12 · the date."""
    if not value:
        return EMPTY
    now, at = timezone.localtime(), timezone.localtime(value)
    seconds = (now - at).total_seconds()
    if 0 <= seconds < MINUTE:
        return "刚刚"
    if 0 <= seconds < HOUR:
        return f"{seconds // MINUTE:.0f} 分钟前"
    if seconds >= 0 and at.date() == now.date():
        return f"{seconds // HOUR:.0f} 小时前"
    return at.strftime("昨天 %H:%M") if at.date() == now.date() - timedelta(days=1) else moment(value)


@register.filter
def size(value: int | None) -> str:
    """Bytes as a person reads them."""
    if value is None:
        return EMPTY
    amount = float(value)
    for unit in ("B", "KB", "MB"):
        if amount < KIBI:
            return f"{amount:.{0 if unit == 'B' else 1}f} {unit}"
        amount /= KIBI
    return f"{amount:.1f} GB"


@register.filter
def dash(value: Any) -> Any:
    """— for nothing."""
    return EMPTY if value is None or value == "" else value


# ---- blocks of a page


@register.simple_tag(takes_context=True)
def again(context: Context, name: str) -> SafeString:
    """The content of a block once more: the title is head line and <title> at once."""
    return BlockNode(name, NodeList()).render(context)


@register.simple_tag
def crumb(label: str, href: str) -> SafeString:
    return format_html(
        '<li class="hidden min-w-0 shrink items-center gap-1.5 sm:flex"><a class="quiet-link truncate" href="{}">{}</a>{}</li>',
        href,
        label,
        icon("chevron-right", "muted"),
    )


class FactNode(template.Node):
    def __init__(self, label: FilterExpression, nodelist: NodeList) -> None:
        self.label = label
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        value = self.nodelist.render(context)
        return format_html(
            "<div><dt>{}</dt><dd>{}</dd></div>", self.label.resolve(context), value if value.strip() else EMPTY
        )


@register.tag
def fact(parser: Parser, token: Token) -> FactNode:
    """{% fact "手机" %}…{% endfact %} inside <dl class="facts">; nothing inside shows as a dash."""
    _, label = token.split_contents()
    nodelist = parser.parse(("endfact",))
    parser.delete_first_token()
    return FactNode(parser.compile_filter(label), nodelist)


class PanelNode(template.Node):
    def __init__(self, title: FilterExpression, named: dict[str, FilterExpression], nodelist: NodeList) -> None:
        self.title = title
        self.named = named
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        title = self.title.resolve(context)
        named = {key: value.resolve(context) for key, value in self.named.items()}
        more = (
            format_html(
                '<a class="plain-link ms-auto text-[.8125rem] font-normal no-underline hover:underline" href="{}">{}</a>',
                named["href"],
                named.get("more", "全部"),
            )
            if named.get("href")
            else ""
        )
        head = format_html(
            '<h2 class="panel-head">{}{}{}</h2>',
            icon(named["icon"], "size-5 muted") if named.get("icon") else "",
            title,
            more,
        )
        return format_html(
            '<section class="panel {}">{}<div class="panel-body {}">{}</div></section>',
            named.get("classes", ""),
            head if title else "",
            "" if title else "pt-5",
            self.nodelist.render(context),
        )


@register.tag
def panel(parser: Parser, token: Token) -> PanelNode:
    """{% panel "标题" icon="users" href=url more="全部" classes="…" %}…{% endpanel %}: a white box with a heading."""
    words = token.split_contents()[1:]
    title = parser.compile_filter(words.pop(0) if words and "=" not in words[0].split('"')[0] else '""')
    named = token_kwargs(words, parser)
    nodelist = parser.parse(("endpanel",))
    parser.delete_first_token()
    return PanelNode(title, named, nodelist)


@register.inclusion_tag("ui/parts/empty.html")
def empty(title: str, text: str = "", icon: str = "inbox", href: str = "", action: str = "") -> dict[str, Any]:
    """Nothing here: say so, and what to do next."""
    return {"title": title, "text": text, "icon": icon, "href": href, "action": action}


@register.inclusion_tag("ui/parts/stat.html")
def stat(label: str, value: Any, unit: str = "", *, sub: str = "", href: str = "", tone: str = "") -> dict[str, Any]:
    return {
        "label": label,
        "value": value,
        "unit": unit,
        "sub": sub,
        "href": href,
        "tone_class": tone_class("text", tone or "neutral"),
    }


@register.inclusion_tag("ui/parts/tabs.html", takes_context=True)
def tabs(context: Context, items: Iterable[tuple[Any, ...]], name: str = "分页") -> dict[str, Any]:
    """`items`: (label, address) or (label, address, count). The current one is the page's own address."""
    here = context["request"].path
    shown = [(label, href, number[0] if number else None, href.split("?")[0] == here) for label, href, *number in items]
    return {"items": shown, "label": name}


@register.inclusion_tag("ui/parts/timeline.html")
def timeline(entries: Iterable[Any]) -> dict[str, Any]:
    """Entries (dicts or objects) with `at`, `text`, and if you like `by`, `note`, `icon`, `tone`; newest where you put it."""
    return {"entries": entries}


@register.inclusion_tag("ui/parts/progress.html")
def progress(value: int | None, maximum: int = 100, *, label: str = "", tone: str = "") -> dict[str, Any]:
    """A bar; no value yet shows one that moves."""
    return {"value": value, "maximum": maximum, "label": label, "tone_class": tone_class("text", tone or "neutral")}


@register.inclusion_tag("ui/parts/file_chip.html")
def file_chip(name: str, href: str, size: int | None = None) -> dict[str, Any]:
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    picture = {"pdf": "file-type-pdf", "xlsx": "file-spreadsheet", "xls": "file-spreadsheet", "csv": "file-spreadsheet",
               "jpg": "photo", "jpeg": "photo", "png": "photo", "doc": "file-text", "docx": "file-text", "zip": "file-zip"}  # fmt: skip
    return {"name": name, "href": href, "size": size, "picture": picture.get(ending, "file")}


@register.inclusion_tag("ui/parts/confirm.html", takes_context=True)
def confirm(
    context: Context,
    label: str,
    url: str,
    *,
    title: str = "",
    text: str = "",
    reason: str = "",
    kind: str = "",
    icon: str = "",
    sure: str = "",
    target: str = "",
) -> dict[str, Any]:
    """A button that asks before it posts to `url`. reason: '' none · 'optional' · 'required' (posted as `reason`).

    With `target` (a CSS selector) the answer replaces that part of the page, else the page follows the redirect.
    """
    return {
        "request": context.get("request"),
        "csrf_token": context.get("csrf_token"),
        "id": f"ask-{uuid.uuid4().hex[:8]}",
        "label": label,
        "url": url,
        "title": title or f"{label}？",
        "text": text,
        "reason": reason,
        "kind": kind,
        "icon": icon,
        "sure": sure or label,
        "target": target,
    }


@register.inclusion_tag("ui/parts/masked.html", takes_context=True)
def masked(context: Context, value: str, url: str = "", label: str = "") -> dict[str, Any]:
    """A masked value; with `url` a button that asks for the reason and posts it there: the answer is the full value as text."""
    return {
        "value": value,
        "url": url,
        "label": label,
        "id": f"mask-{uuid.uuid4().hex[:8]}",
        "csrf_token": context.get("csrf_token"),
    }


# ---- forms


@register.inclusion_tag("ui/forms/field.html")
def field(
    bound: BoundField, *, wide: bool = False, label: str = "", hint: str | None = None, star: bool = True
) -> dict[str, Any]:
    """One field with label, help, errors. `wide` takes both columns of a form grid; hint="" leaves the field's own out."""
    if hint is not None:
        bound.help_text = hint
    return {
        "field": bound,
        "wide": wide,
        "label": label or bound.label,
        "star": star and bound.field.required,
        "kind": kind_of(bound),
        "control": control(bound),
    }


def kind_of(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, (forms.CheckboxSelectMultiple, forms.RadioSelect)):
        return "group"
    return "line"


# The first class that fits; SelectMultiple and the like are Selects too.
LOOKS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "checkbox checkbox-sm"),
    (forms.CheckboxSelectMultiple, "checkbox checkbox-sm"),
    (forms.RadioSelect, "radio radio-sm"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.FileInput, "file-input"),
    (forms.Widget, "input"),
)
DJANGOS_ROWS = "10"  # of every Textarea that doesn't say


def control(bound: BoundField) -> SafeString:
    """The field's widget with our classes, wired to its help and its errors."""
    widget = bound.field.widget
    own_id = bound.id_for_label or bound.auto_id
    described = [f"{own_id}-{what}" for what, there in (("help", bound.help_text), ("errors", bound.errors)) if there]
    attributes: dict[str, Any] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    if type(widget) is forms.DateInput:  # the browser's own calendar, which wants ISO dates
        widget.input_type = "date"
        widget.format = "%Y-%m-%d"
    if isinstance(widget, forms.Textarea) and str(widget.attrs.get("rows")) == DJANGOS_ROWS:
        attributes["rows"] = 3
    look = next(look for kind, look in LOOKS if isinstance(widget, kind))
    attributes["class"] = f"{look} {widget.attrs.get('class', '')}".strip()
    return bound.as_widget(attrs=attributes)


@register.filter
def attr(bound: BoundField, setting: str) -> BoundField:
    """{{ form.name|attr:"placeholder:如 王芳" }} sets an attribute of a field's widget before it is drawn."""
    name, _, value = setting.partition(":")
    bound.field.widget.attrs[name] = value
    return bound


@register.simple_tag
def once() -> SafeString:
    """A form sent twice acts once (kernel.idempotency); `{{ form }}` and `{% confirm %}` bring it along."""
    return format_html('<input type="hidden" name="_once" value="{}">', uuid.uuid4().hex)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's address with some parameters changed (None takes one out), for links that keep the rest."""
    parameters = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None or value == "":
            parameters.pop(name, None)
        else:
            parameters[name] = conditional_escape(value) if isinstance(value, SafeString) else str(value)
    written = parameters.urlencode()
    return f"?{written}" if written else "?"


@register.simple_tag(takes_context=True)
def query_without(context: Context, name: str) -> str:
    """The page's address without one filter, back at the list's beginning."""
    parameters = context["request"].GET.copy()
    for gone in (name, "after", "before", "view"):
        parameters.pop(gone, None)
    parameters["all"] = "1"  # else an empty address would bring the default view back
    return f"?{parameters.urlencode()}"


@register.simple_tag
def file_address(file_id: int | None) -> str:
    """Where a kept file can be downloaded; empty while no room serves files."""
    try:
        return reverse("files:download", args=[file_id]) if file_id else ""
    except NoReverseMatch:
        return ""


@register.filter
def device(user_agent: str) -> str:
    """A browser and its system in words: enough to tell one's own devices apart."""
    browsers = (("MicroMessenger", "微信"), ("DingTalk", "钉钉"), ("Edg", "Edge"), ("QQBrowser", "QQ 浏览器"), ("Firefox", "火狐"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
    systems = (("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "鸿蒙"), ("Android", "安卓"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip
    browser = next((name for sign, name in browsers if sign in user_agent), "浏览器")
    system = next((name for sign, name in systems if sign in user_agent), "未知系统")
    return f"{browser} · {system}"
