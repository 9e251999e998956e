"""The PostgreSQL that tests are given is real and new for each of them."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, inspect, text

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("run", [1, 2])
def test_each_test_has_an_empty_database_of_its_own(postgres_url: str, run: int) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE seen (run integer)"))
        connection.execute(text("INSERT INTO seen VALUES (:run)"), {"run": run})
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT run FROM seen")) == run
        assert "PostgreSQL" in str(connection.scalar(text("SELECT version()")))
    engine.dispose()
