"""What a person sees of a network or a plan in a terminal, and the facts behind it."""

from sampan.show.facts import plan_facts
from sampan.show.networks import network_facts
from sampan.show.page import console, plain_table
from sampan.show.report import print_network, print_plan, print_plan_summary

__all__ = [
    "console",
    "network_facts",
    "plain_table",
    "plan_facts",
    "print_network",
    "print_plan",
    "print_plan_summary",
]
