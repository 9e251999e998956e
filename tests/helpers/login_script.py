"""Logs in at a simulated broker as a person would: reads the page's form, fills it in, follows it to the redirect."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import urljoin

import httpx
import pyotp

from terminal_app.domain.account import Account
from terminal_app.domain.errors import LoginCancelled
from terminal_app.domain.ids import AccountId

_INPUT = re.compile(r"<input[^>]*>")
_STEPS = 6


class FormPrompter:
    """A LoginPrompter that types what it is told. ``calls`` counts the pages; ``refuse`` closes them instead."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self.credentials = dict(credentials)
        self.calls = 0
        self.refuse = False

    def for_account(self, _account: Account) -> FormPrompter:
        """The same for every account."""
        return self

    async def authorize(self, url: str, redirect: str) -> str:
        """The redirect address that the broker's page ends at."""
        self.calls += 1
        if self.refuse:
            raise LoginCancelled("You closed the login page.")
        async with httpx.AsyncClient(trust_env=False) as browser:
            answer = await browser.get(url)
            for _ in range(_STEPS):
                if not answer.is_redirect:
                    action, fields = self._form(answer.text)
                    answer = await browser.post(urljoin(str(answer.url), action), data=fields)
                    continue
                target = urljoin(str(answer.url), answer.headers["location"])
                if target.startswith(redirect):
                    return target
                answer = await browser.get(target)
        raise AssertionError(f"the login page leads nowhere: {answer.text[:300]}")

    async def one_time_code(self, account: AccountId, reason: str | None) -> str:
        """The code of this moment."""
        return pyotp.TOTP(self.credentials["totp_seed"]).now()

    def _form(self, page: str) -> tuple[str, dict[str, str]]:
        action = re.search(r'<form[^>]*action="([^"]*)"', page)
        fields: dict[str, str] = {}
        for found in _INPUT.findall(page):
            name, value = re.search(r'name="([^"]+)"', found), re.search(r'value="([^"]*)"', found)
            if name is not None and "submit" not in found:
                fields[name[1]] = html.unescape(value[1]) if value is not None and value[1] else self._typed(name[1])
        return html.unescape(action[1]) if action is not None else "", fields

    def _typed(self, name: str) -> str:
        if name == "totp":
            return pyotp.TOTP(self.credentials["totp_seed"]).now()
        return self.credentials.get(name, "")
