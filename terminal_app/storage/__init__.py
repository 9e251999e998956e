"""The database: one writer thread, repositories over it, migrations and backups.

Importing this package imports no SQLAlchemy.
``database`` and the repositories (``orders``, ``positions``, ``pnl``, ``notices``, ``paper``, ``clock``) are light;
what needs SQLAlchemy (``link``, ``tables``, ``schema``, ``sql``) is imported by the writer thread.
"""
