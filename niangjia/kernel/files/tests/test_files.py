"""Only files of a known kind are taken, and only their owner gets them back."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.actor import NOBODY, Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.files import kinds
from niangjia.kernel.files.actions import forget_expired, store, tidy_name
from niangjia.kernel.files.compound import MAGIC
from niangjia.kernel.files.places import place_of
from niangjia.kernel.files.queries import open_file

NOW = timezone.now()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files_root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    return settings.FILES_ROOT


def archive(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name in names:
            target.writestr(name, "x")
    return written.getvalue()


def compound(*names: str) -> bytes:
    """An OLE file whose directory begins in its second sector."""
    header = bytearray(512)
    header[:8] = MAGIC
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 2, 0xFFFFFFFE, *[0xFFFFFFFF] * 125)
    entries = [
        name.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", len(name) * 2 + 2).ljust(64, b"\0")
        for name in ("Root Entry", *names)
    ]
    return bytes(header) + table + b"".join(entries).ljust(1024, b"\0")


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"%PDF-1.7 ...", "a.exe", kinds.PDF),
        (b"\x89PNG\r\n\x1a\n....", "a.png", kinds.PNG),
        (b"\xff\xd8\xff\xe0....", "a.jpg", kinds.JPEG),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a.webp", kinds.WEBP),
        (archive("xl/workbook.xml"), "a.bin", kinds.XLSX),
        (archive("XL/Workbook.xml"), "a.xlsx", kinds.XLSX),
        (archive("notes.txt"), "a.xlsx", kinds.ZIP),
        (compound("Workbook", "SummaryInformation"), "a.csv", kinds.XLS),
        (compound("a", "b", "c", "d", "Book"), "a.xls", kinds.XLS),
        ("姓名,手机\n".encode("gb18030"), "a.csv", kinds.CSV),
        ("\ufeff姓名,手机\n".encode(), "a.CSV", kinds.CSV),
        ("\ufeff姓名,手机\n".encode("utf-16-le"), "a.csv", kinds.CSV),
        (("姓名,手机\n" * 1000).encode() + b"\xff\xff" + ("姓名,手机\n" * 1000).encode(), "a.csv", kinds.CSV),
        (("字" * 40_000).encode(), "a.txt", kinds.TEXT),
        (b"<script>alert(1)</script>", "a.html", kinds.TEXT),
    ],
)
def test_the_bytes_say_what_a_file_is(content, name, kind):
    assert store(content, name=name, owner_id=1, now=NOW).kind == kind


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b"MZ\x90\x00\x03", "file.kind"),
        (b"\x7fELF\x02\x01\x01\x00", "file.kind"),
        (b"PK\x03\x04 no archive at all", "file.kind"),
        (b"\x00\x00\x00", "file.kind"),
        (b"%PDF-" + b"x" * 2000, "file.big"),
    ],
)
def test_refused_with_a_sentence_and_nothing_left_behind(content, code, files_root):
    with pytest.raises(Refused) as refused:
        store(content, name="a.pdf", owner_id=1, now=NOW, most_bytes=1000)
    assert refused.value.code == code
    assert refused.value.field == "file"
    assert list(files_root.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (archive("xl/workbook.xml", "xl/vbaProject.bin"), "宏"),
        (compound("Workbook", "_VBA_PROJECT_CUR", "_VBA_PROJECT"), "宏"),
        (compound("EncryptedPackage"), "密码"),
    ],
)
def test_a_workbook_that_is_not_taken_comes_with_its_reason(content, says):
    with pytest.raises(Refused, match=says):
        store(content, name="a.xlsx", owner_id=1, now=NOW)


@pytest.mark.parametrize("content", [compound("WordDocument"), compound("Workbook")[:600], compound()])
def test_other_compound_files_are_not_taken(content):
    with pytest.raises(Refused, match="不能接收这种文件"):
        store(content, name="a.xls", owner_id=1, now=NOW)


def test_the_same_content_is_kept_once_and_forgotten_with_its_last_row():
    first = store(b"%PDF-1", name="one.pdf", owner_id=1, now=NOW, expires_at=NOW)
    second = store(b"%PDF-1", name="two.pdf", owner_id=2, now=NOW, expires_at=NOW + timedelta(days=1))
    assert first.sha256 == second.sha256
    assert forget_expired(now=NOW) == 1
    assert place_of(second.sha256).exists()
    assert forget_expired(now=NOW + timedelta(days=2)) == 1
    assert not place_of(second.sha256).exists()


def test_only_the_owner_opens_it_and_only_in_its_time():
    mine = store(b"%PDF-1", name="one.pdf", owner_id=1, now=NOW)
    old = store(b"%PDF-1", name="one.pdf", owner_id=1, now=NOW, expires_at=NOW - timedelta(seconds=1))
    nobodys = store(b"%PDF-1", name="one.pdf", owner_id=None, now=NOW)
    owner, other = Actor(1, "周敏"), Actor(2, "何伟")
    with open_file(mine.pk, owner, now=NOW)[1] as content:
        assert content.read() == b"%PDF-1"
    for pk, actor in [(mine.pk, other), (old.pk, owner), (nobodys.pk, NOBODY), (nobodys.pk, owner), (999, owner)]:
        with pytest.raises(Missing):
            open_file(pk, actor, now=NOW)


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\表格\\名单.xlsx", "名单.xlsx"),
        ('a"\r\nX: y.csv', "aX y.csv"),
        ("", "file"),
        ("长" * 300 + ".xlsx", "长" * 145 + ".xlsx"),
    ],
)
def test_names_lose_what_is_dangerous(raw, tidy):
    assert tidy_name(raw) == tidy


def test_the_download_is_an_attachment_for_its_owner_alone():
    owner = User.objects.create(username="zhou", name="周敏", created_at=NOW)
    other = User.objects.create(username="he", name="何伟", created_at=NOW)
    stored = store(b"<script>alert(1)</script>", name="名单.html", owner_id=owner.pk, now=NOW)
    url = f"/desk/files/{stored.pk}/"
    client = Client()
    assert client.get(url).status_code == 302
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = client.get(url)
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"].startswith("text/plain")
    client.force_login(other, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(url).status_code == 404
