"""The page that a browser shows, which loads nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


@cache
def page() -> str:
    """Return the page."""
    return (files("protonet.serve") / "assets" / "page.html").read_text(encoding="utf-8")


@cache
def headers() -> dict[str, str]:
    """Return what a browser is told beside the page: it runs the page's own script, and nothing
    else, and asks nobody but this server."""
    allowed = {"script": "", "style": ""}
    for kind, text in _INLINE.findall(page()):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        allowed[kind] += f" 'sha256-{digest}'"
    policy = (
        f"default-src 'none'; script-src{allowed['script']}; style-src{allowed['style']}; "
        "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
