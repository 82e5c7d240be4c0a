"""Errors of the launcher."""


class LaunchError(Exception):
    """The product cannot start. The message says why and what to do."""


class StopRequestedError(Exception):
    """Someone pressed Ctrl-C or sent SIGTERM while the product was starting."""
