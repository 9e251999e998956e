"""The internet address that the world sees of this computer: asked for only when the user wants to know."""

from __future__ import annotations

import ipaddress

from terminal_app.domain.errors import BadInput, BrokerUnavailable

_TIMEOUT_S = 8.0


async def ask_public_address(service: str) -> str:
    """The IPv4 address, as a service that answers with it in plain text says. Raises BadInput, BrokerUnavailable."""
    import httpx

    if not service.startswith("https://"):
        raise BadInput("address_service", "The service that tells your address must be asked over https.")
    # Bound to IPv4: brokers compare the address that orders leave from, and those leave over IPv4.
    transport = httpx.AsyncHTTPTransport(local_address="0.0.0.0")  # noqa: S104 - any own address, for leaving not for listening
    try:
        async with httpx.AsyncClient(transport=transport, timeout=_TIMEOUT_S) as client:
            answer = await client.get(service)
            answer.raise_for_status()
            return str(ipaddress.IPv4Address(answer.text.strip()))
    except httpx.HTTPError as error:
        raise BrokerUnavailable(f"{service} could not be asked ({type(error).__name__}): try again later.") from error
    except ValueError as error:
        raise BrokerUnavailable(f"{service} did not answer with an IPv4 address.") from error
