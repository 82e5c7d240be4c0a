"""Real PostgreSQL and Valkey, started and stopped."""

import shutil
from pathlib import Path

import psycopg
import pytest
import redis

from config.environment import Environment, load, socket_folder
from launch import embedded
from launch.errors import LaunchError


def settings(data: Path) -> Environment:
    return load({"TOUCHSTONE_DATA": str(data), "TOUCHSTONE_MODELS": "[]"})


def connect(found: Environment) -> "psycopg.Connection[tuple[int]]":
    return psycopg.connect(host=found.database["HOST"], user="touchstone", dbname="touchstone")


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    found = settings(tmp_path)
    with embedded.running(tmp_path):
        with connect(found) as connection:
            connection.execute("create table kept as select 7 as number")
        redis.from_url(found.redis_url).set("kept", "7")

    assert not found.redis_socket.exists()
    with embedded.running(tmp_path):
        with connect(found) as connection:
            assert connection.execute("select number from kept").fetchone() == (7,)
        assert redis.from_url(found.redis_url).get("kept") == b"7"


def test_they_start_below_a_very_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    try:
        with (
            embedded.running(deep, is_durable=False),
            connect(settings(deep)) as connection,
        ):
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        shutil.rmtree(socket_folder(deep), ignore_errors=True)


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("e" * 120)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    deep.mkdir()
    trap = socket_folder(deep)
    trap.symlink_to(elsewhere)
    try:
        with pytest.raises(LaunchError, match="belongs to somebody else"):
            embedded.make_socket_folder(deep)
    finally:
        trap.unlink()


def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    half = tmp_path / "postgresql" / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")

    with embedded.running(tmp_path, is_durable=False), connect(settings(tmp_path)) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_cluster_of_another_release_is_left_alone(tmp_path: Path) -> None:
    cluster = tmp_path / "postgresql" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("15\n")

    with pytest.raises(LaunchError, match="was made by PostgreSQL 15"):
        embedded.postgresql(tmp_path)
