"""Battles and chats from the first message to the vote, and what visitors do with them after."""
