"""Paper: the full broker contract on the simulated exchange, with practice money.

Beside the usual files: ``broker.py`` joins the parts, ``ledger.py`` declares where an account is kept, ``journal.py`` keeps it: nothing
is told to anybody before the ledger has committed it. ``parsing.py`` turns the market's steps into tick batches.
"""
