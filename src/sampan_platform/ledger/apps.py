"""Django's entry for this stage."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """See the package's docstring."""

    name = "sampan_platform.ledger"
    label = "ledger"
