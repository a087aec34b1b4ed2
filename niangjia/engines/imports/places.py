"""Moved to niangjia.ui.places."""

from niangjia.ui.places import Directory, Found, directory, register_directory

__all__ = ["Directory", "Found", "directory", "register_directory"]
