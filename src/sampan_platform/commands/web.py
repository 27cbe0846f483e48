"""The web server of `sampan serve`: HOST PORT THREADS."""

from __future__ import annotations

import os
import sys


def main(host: str, port: int, threads: int) -> None:
    """Serve until ended."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sampan_platform.settings")
    from django.core.wsgi import get_wsgi_application
    from waitress import serve

    serve(get_wsgi_application(), host=host, port=port, threads=threads, ident="sampan")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
