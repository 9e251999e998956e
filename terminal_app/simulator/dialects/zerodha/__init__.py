"""Zerodha's Kite Connect 3 over the simulated market.

``server`` joins the parts: ``session`` (login page, tokens, profile), ``order_form`` (what an order asks for), ``order_book`` (orders of
all varieties), ``order_json``, ``triggers`` (GTT), ``portfolio`` (holdings, positions, conversion, authorised sales), ``money`` (funds,
margins, charges), ``quotes`` (quotes, candles), ``symbols`` (tokens, the instrument list), ``ticker`` and ``packets`` (the socket),
``errors`` and ``wire`` (envelope and words).
"""
