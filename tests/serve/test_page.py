from __future__ import annotations

import base64
import hashlib
import re

from protonet.serve.page import headers, page


def test_the_page_is_one_file_that_loads_nothing() -> None:
    text = page()
    assert text.startswith("<!doctype html>")
    assert re.findall(r'(?:src|href)="([^"]*)"', text) == ["data:,"]
    assert re.findall(r"https?://[^\"']*", text) == ["http://www.w3.org/2000/svg"] * 2
    assert "url(" not in text
    assert "@import" not in text
    assert 'style="' not in text  # which the policy would not let pass


def test_the_browser_runs_the_scripts_of_the_page_alone() -> None:
    policy = headers()["Content-Security-Policy"]
    (script,) = re.findall(r"<script>(.*?)</script>", page(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
