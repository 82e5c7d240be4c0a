"""Run a command as another user: `demote.py UID GID COMMAND…`, for machines without setpriv."""

import os
import sys


def main() -> None:
    user, group, *command = sys.argv[1:]
    os.setgroups([])
    os.setgid(int(group))
    os.setuid(int(user))
    os.execvp(command[0], command)  # noqa: S606 - the point of this file


if __name__ == "__main__":
    main()
