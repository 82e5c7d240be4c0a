"""The one web application: pages, API and event streams."""

import gc
import os

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from config.calls import Calls, CallsApart
from config.threads import OnThreads

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# More threads would only stand in each other's way: Python runs one of them at a time.
THREADS = 6
# What people work with all day. Files and streams, which are sent piece by piece, are not here.
WORK = ("/api/v1/projects/", "/api/v1/assignments/", "/assignments/", "/projects/", "/home/")

pages = CallsApart(pages=get_wsgi_application(), calls=Calls())
application = OnThreads(pages, get_asgi_application(), prefixes=WORK, threads=THREADS)
# What was loaded until here stays: no collection need look through it while people wait.
gc.freeze()
