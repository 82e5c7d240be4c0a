"""Rating mathematics: arrays in, frozen dataclasses out.

No Django, no files, no clock, no randomness, so every number here can be checked by itself.
"""
