"""The dials of a dialect: what goes wrong on demand. Set with ``POST /_dials``, or in the same process by attribute.

The body is an object of dial names; what it does not name stays as it is. Lists replace. The answer is the state of
all dials with, under ``calls``, how often each route was called, by ``METHOD /path``. An empty object only asks.
Besides the dials there are actions: ``{"expire_tokens": true}`` (all tokens are dead from now on), ``{"drop_sockets": true}``
(every open socket is cut), ``{"reset": true}`` (all dials at rest, counts at zero), and ``{"give_holdings": {"NSE:INFY:EQ":
{"quantity": 10, "t1_quantity": 0, "average_price": "1500"}}}`` (shares appear in every client's demat account).

Routes are patterns such as ``POST /orders/*`` or ``*``. ``times`` says how often a rule acts; -1 is for ever.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Literal, Protocol, TypeVar

import msgspec
from msgspec import Struct, field
from msgspec.structs import fields

FOR_EVER = -1


class ErrorRule(Struct, forbid_unknown_fields=True):
    """Answer a route with an error and carry nothing out.

    ``status`` 0 takes the usual one of ``code``, and an empty ``message`` its usual words. ``body`` is sent as it is instead
    of the broker's envelope (an HTML page of the edge, for instance).
    """

    route: str = "*"
    times: int = 1
    status: int = 0
    code: str = ""
    message: str = ""
    body: str | None = None


class SlowRule(Struct, forbid_unknown_fields=True):
    """Carry a call out at once and answer ``seconds`` later."""

    route: str = "*"
    times: int = FOR_EVER
    seconds: float = 1.0


class LossRule(Struct, forbid_unknown_fields=True):
    """Answer nothing: ``drop`` cuts the connection, ``hang`` keeps it open and silent."""

    route: str = "*"
    times: int = 1
    how: Literal["drop", "hang"] = "drop"


class _Rule(Protocol):
    route: str
    times: int


R = TypeVar("R", bound=_Rule)


class Dials(Struct, forbid_unknown_fields=True):
    """Everything at rest by default; counts go down with every use.

    Logins: the next ``wrong_checksum`` code exchanges are refused for their checksum or secret, the next ``spent_code`` because
    the code was used before; ``deny_login`` has the next logins on the page end with the broker's error redirect.
    ``token_life_s`` seconds of exchange time is how long tokens issued from now on live; None takes the broker's own hour.

    Calls: ``errors``, ``slow``, ``lose_request`` (nothing is carried out, no answer comes) and ``lose_answer`` (it is carried
    out, but no answer comes) act by route. ``throttled`` applies the broker's real limits, the next ``throttle_next`` calls are refused
    as too many in any case. ``static_ip`` ``missing`` or ``other`` refuses order writes as from no or from another address.
    The next orders, one for each entry of ``reject_late``, are taken and then rejected for that reason.
    ``sale_authorised`` False asks for the depository's authorisation before holdings are sold.

    Sockets: ``mute_sockets`` keeps them open and silent, ``refuse_sockets`` upgrades are answered with 403. The next
    ``duplicate_updates`` order messages are sent twice; the next ``reverse_updates`` are held back until all have come, or for a
    second, and are then sent in the reverse order.
    """

    wrong_checksum: int = 0
    spent_code: int = 0
    deny_login: int = 0
    token_life_s: float | None = None
    errors: list[ErrorRule] = field(default_factory=list)
    slow: list[SlowRule] = field(default_factory=list)
    lose_request: list[LossRule] = field(default_factory=list)
    lose_answer: list[LossRule] = field(default_factory=list)
    throttled: bool = True
    throttle_next: int = 0
    static_ip: Literal["accepted", "missing", "other"] = "accepted"
    reject_late: list[str] = field(default_factory=list)
    sale_authorised: bool = True
    mute_sockets: bool = False
    refuse_sockets: int = 0
    duplicate_updates: int = 0
    reverse_updates: int = 0

    def uses(self, dial: str) -> bool:
        """Whether a counting dial acts now; counts it down."""
        count: int = getattr(self, dial)
        if count == 0:
            return False
        if count > 0:
            setattr(self, dial, count - 1)
        return True

    def error(self, route: str) -> ErrorRule | None:
        """The error dialled for this call; counts it down."""
        return _take(self.errors, route)

    def delay_s(self, route: str) -> float:
        """How much later this call is answered; counts it down."""
        rule = _take(self.slow, route)
        return 0.0 if rule is None else rule.seconds

    def request_loss(self, route: str) -> LossRule | None:
        """How this call gets lost before it is carried out; counts it down."""
        return _take(self.lose_request, route)

    def answer_loss(self, route: str) -> LossRule | None:
        """How the answer of this call gets lost; counts it down."""
        return _take(self.lose_answer, route)

    def change(self, wanted: dict[str, Any]) -> None:
        """Set the named dials. Raises msgspec.ValidationError naming one that is wrong; then nothing is changed."""
        both = {**msgspec.to_builtins(self), **wanted}
        self._take_over(msgspec.convert(both, type(self)))

    def reset(self) -> None:
        """Everything at rest."""
        self._take_over(type(self)())

    def _take_over(self, other: Dials) -> None:
        for one in fields(other):
            setattr(self, one.name, getattr(other, one.name))


def _take(rules: list[R], route: str) -> R | None:
    for rule in rules:
        if rule.times and fnmatchcase(route, rule.route):
            if rule.times > 0:
                rule.times -= 1
            return rule
    return None
