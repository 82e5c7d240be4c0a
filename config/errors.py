"""Errors of the settings."""


class SettingError(Exception):
    """A variable is missing or wrong. The message names it and says what to set."""
