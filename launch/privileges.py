"""Running PostgreSQL, which refuses to run as root, when `make up` is run by root."""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from launch.errors import LaunchError

CANDIDATES = ("postgres", "nobody")
CAPABILITIES = "+dac_override,+dac_read_search"
DEMOTE = Path(__file__).with_name("demote.py")


@dataclass(frozen=True)
class Runner:
    """As whom PostgreSQL runs: a prefix of its command line, and the owner of its files."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None
    sees_everything: bool = True
    """False where the other user may be stopped by folders only root can enter."""

    def own(self, path: Path) -> None:
        if self.owner:
            os.chown(path, *self.owner)

    def can_use(self, *, program: Path, folder: Path) -> bool:
        """Whether it can run `program` and write in `folder`."""
        script = '[ -x "$1" ] && [ -w "$2" ] && [ -x "$2" ]'
        argv = (*self.prefix, "/bin/sh", "-c", script, "sh", str(program), str(folder))
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def find_runner() -> Runner:
    """Ourselves, or as root an unprivileged user, where possible one that may enter any folder."""
    if os.geteuid() != 0:
        return Runner()
    if sys.platform != "linux":
        raise LaunchError(
            "PostgreSQL does not run as root. Run `make up` as an ordinary user, or set "
            "DATABASE_URL to a PostgreSQL of your own."
        )
    user = _unprivileged_user()
    owner = (user.pw_uid, user.pw_gid)
    setpriv = shutil.which("setpriv")
    if setpriv:
        prefix = (
            setpriv,
            f"--reuid={user.pw_uid}",
            f"--regid={user.pw_gid}",
            "--clear-groups",
            f"--inh-caps={CAPABILITIES}",
            f"--ambient-caps={CAPABILITIES}",
            # Without this, access(2) as PostgreSQL uses it would ignore the capabilities.
            "--securebits=+no_setuid_fixup",
            "--pdeathsig=INT",
            "--",
        )
        if subprocess.run((*prefix, "/bin/true"), capture_output=True, check=False).returncode == 0:
            return Runner(prefix=prefix, owner=owner)
    shim = (sys.executable, "-S", "-E", str(DEMOTE), str(user.pw_uid), str(user.pw_gid))
    return Runner(prefix=shim, owner=owner, sees_everything=False)


def _unprivileged_user() -> pwd.struct_passwd:
    for name in CANDIDATES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LaunchError(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor "
        "`nobody`. Run `make up` as an ordinary user, or set DATABASE_URL."
    )
