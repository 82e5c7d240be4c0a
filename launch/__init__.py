"""The one command: starts, watches and stops every process of the product.

No Django here: the supervisor must start in a moment and outlive whatever breaks in the product.
"""
