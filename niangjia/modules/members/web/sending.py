"""The form page of this room: it checks a document's number while it is typed, and goes back to the register."""

from __future__ import annotations

from functools import partial

from niangjia.ui import pages

form_page = partial(pages.form_page, template="members/form.html")
