"""Upstox.

Beside the usual files: ``broker.py`` joins the parts, ``line.py`` is the connection with its session, ``listing.py`` keeps the instruments
that are known, ``fields.py`` reads JSON strictly, ``codes.py`` has Upstox's words for ours, ``account.py`` and ``market.py`` are the
reads, ``orders.py`` and ``triggers.py`` build what changes orders, ``memory.py`` knows the orders that a change has to say whole,
``updates.py`` is the portfolio stream, ``frames.py`` reads the feed's frames and ``columns.py`` merges them; ``proto/`` has the feed's
messages.

The frames are read by generated protobuf code: its parser is C, and a busy feed brings thousands of messages a second.
"""
