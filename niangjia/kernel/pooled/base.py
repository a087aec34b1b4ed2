"""The backend that `DATABASES` names; Django looks for it in a module `base`."""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Never one whose server went while it lay in the pool: the others that went with it are dropped as well."""
        connection = super().get_new_connection(conn_params)
        while self.pool and has_ended(connection):
            connection.close()
            self.pool.putconn(connection)
            self.pool.check()
            connection = super().get_new_connection(conn_params)
        return connection


def has_ended(connection: psycopg.Connection[Any]) -> bool:
    """Asked of the socket, which costs no round trip: whoever went has left something to read, its end if nothing else."""
    try:
        asked = select.poll()
        asked.register(connection.fileno(), select.POLLIN)
        if asked.poll(0):
            ConnectionPool.check_connection(connection)  # perhaps it only had a word for us
    except psycopg.Error:
        return True
    return False
