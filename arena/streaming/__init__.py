"""Replies on their way to the browser, told so that nothing tells the sides apart."""
